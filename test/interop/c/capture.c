/*
 * capture FILE: writes what passes the loopback interface to FILE, as pcap, until SIGTERM. Prints "ready" when it listens.
 * At the signal all that was sent before is in the socket's queue already: nothing is lost, as with capturing programs that
 * are told to stop.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

enum { QUEUE_BYTES = 64 << 20, LINKTYPE_ETHERNET = 1 };

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char **argv)
{
    static char frame[1 << 18];
    const uint32_t header[] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, sizeof frame, LINKTYPE_ETHERNET};
    struct sockaddr_ll lo = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct sigaction action = {.sa_handler = stop};
    sigset_t blocked, before;
    int bytes = QUEUE_BYTES, fd;
    FILE *file;

    if (argc != 2) return 2;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGTERM, &action, NULL);
    file = fopen(argv[1], "wb");
    if (file == NULL) return fail("fopen");
    fwrite(header, sizeof header, 1, file);
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    lo.sll_ifindex = (int)if_nametoindex("lo");
    if (bind(fd, (struct sockaddr *)&lo, sizeof lo) != 0) return fail("bind");
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct sockaddr_ll from;
        socklen_t from_bytes = sizeof from;
        ssize_t length = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &from_bytes);

        if (length < 0) {
            struct pollfd poller = {fd, POLLIN, 0};

            if (errno != EAGAIN) return fail("recvfrom");
            if (stopping) break;
            ppoll(&poller, 1, NULL, &before);
        } else if (from.sll_pkttype == PACKET_OUTGOING) {
            /* Each passes twice, going out and coming in. */
            struct timespec now;
            uint32_t packet[4];

            clock_gettime(CLOCK_REALTIME, &now);
            packet[0] = (uint32_t)now.tv_sec;
            packet[1] = (uint32_t)(now.tv_nsec / 1000);
            packet[2] = packet[3] = (uint32_t)length;
            fwrite(packet, sizeof packet, 1, file);
            fwrite(frame, (size_t)length, 1, file);
        }
    }
    return fclose(file) == 0 ? 0 : fail("fclose");
}
