#include "listen.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <atomic>
#include <stdexcept>

namespace {

std::atomic<in_addr_t> only{INADDR_ANY};
std::atomic<bool> bound{false};

in_addr_t resolve(const std::string &host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  addrinfo *found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) throw std::runtime_error("no IPv4 address of " + host);
  const in_addr_t address = reinterpret_cast<const sockaddr_in *>(found->ai_addr)->sin_addr.s_addr;
  freeaddrinfo(found);
  return address;
}

int bindBySystem(int socket, const sockaddr *address, socklen_t length) {
  static const auto next = reinterpret_cast<decltype(&bind)>(dlsym(RTLD_NEXT, "bind"));
  return next(socket, address, length);
}

bool isWildcard(const in6_addr &address) {
  return IN6_IS_ADDR_UNSPECIFIED(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr32[3] == INADDR_ANY);
}

/** One IPv4 address as an IPv6 socket has it. */
in6_addr mapped(in_addr_t address) {
  in6_addr inside{};
  inside.s6_addr32[2] = htonl(0xffff);
  inside.s6_addr32[3] = address;
  return inside;
}

int bindInet(int socket, sockaddr_in address) {
  if (address.sin_addr.s_addr == INADDR_ANY) address.sin_addr.s_addr = only;
  return bindBySystem(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address);
}

int bindInet6(int socket, sockaddr_in6 address) {
  if (isWildcard(address.sin6_addr)) address.sin6_addr = mapped(only);
  return bindBySystem(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address);
}

}  // namespace

/** Of the system's name, which libraries that this module is linked with therefore find here first. */
extern "C" __attribute__((visibility("default"))) int bind(int socket, const sockaddr *address,
                                                           socklen_t length) noexcept {
  bound = true;
  if (only == INADDR_ANY) return bindBySystem(socket, address, length);
  if (address->sa_family == AF_INET) return bindInet(socket, *reinterpret_cast<const sockaddr_in *>(address));
  if (address->sa_family == AF_INET6) return bindInet6(socket, *reinterpret_cast<const sockaddr_in6 *>(address));
  return bindBySystem(socket, address, length);
}

ListenOnly::ListenOnly(const std::string &host) {
  only = resolve(host);
  bound = false;
}

ListenOnly::~ListenOnly() { only = INADDR_ANY; }

void ListenOnly::check() const {
  if (only != INADDR_ANY && !bound) throw std::runtime_error("the server listens at every address of the machine");
}
