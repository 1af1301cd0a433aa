/** TensorFlow's own server, to which sessions of this process and of others connect. */
#pragma once
#include <string>
#include "session.h"

/**
 * Starts the server of a ServerDef, which listens at the address of a host; returns the target of its sessions. TensorFlow
 * has no way to end it but the process.
 */
std::string startServer(Bytes definition, const std::string &host);
