/** At which address a server of TensorFlow listens: it asks the system for all of them, and has no option for less. */
#pragma once
#include <string>

/** While it lives, sockets of TensorFlow that would listen at every address of the machine listen at one alone. */
class ListenOnly {
 public:
  /** Throws where the host has no IPv4 address; `0.0.0.0` is all of them. */
  explicit ListenOnly(const std::string &host);
  ~ListenOnly();
  ListenOnly(const ListenOnly &) = delete;
  ListenOnly &operator=(const ListenOnly &) = delete;

  /** Throws where a socket went past this: the module was loaded without RTLD_DEEPBIND. */
  void check() const;
};
