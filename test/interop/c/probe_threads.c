/*
 * probe_threads NETID THREADS CALLS: each thread calls SUCCESSOR so many times; half of them have a client of their own, the
 * others share one. Prints how many results were right.
 */
#include "call.h"
#include "probe.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static CLIENT *shared;
static const char *netid;
static int calls;

static void *work(void *argument)
{
    long number = (long)argument, right = 0;
    CLIENT *client = number % 2 == 0 ? shared : reach(netid, PROBE_PROG, PROBE_ONE);

    for (int i = 0; i < calls; i++) {
        int result = 0, value = (int)number * calls + i;

        check(client, "SUCCESSOR", successor_1(value, &result, client));
        right += result == value + 1;
    }
    return (void *)right;
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    long right = 0;
    int count;

    if (argc != 4) return 2;
    netid = argv[1];
    count = atoi(argv[2]);
    calls = atoi(argv[3]);
    if (count > 64) return 2;
    shared = reach(netid, PROBE_PROG, PROBE_ONE);
    for (long i = 0; i < count; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < count; i++) {
        void *done;
        pthread_join(threads[i], &done);
        right += (long)done;
    }
    printf("%ld\n", right);
    return 0;
}
