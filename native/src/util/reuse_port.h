#pragma once

#include <sys/socket.h>

// The option by which the kernel spreads clients over the sockets of a port. On macOS and older BSDs SO_REUSEPORT gives
// every datagram to the last socket, which is no sharing.
#if defined(__linux__)
#define TSRPCGEN_REUSEPORT SO_REUSEPORT
#elif defined(SO_REUSEPORT_LB)
#define TSRPCGEN_REUSEPORT SO_REUSEPORT_LB
#endif
