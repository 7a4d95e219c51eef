/*
 * probe_who NETID TIMES [MACHINE UID GID GIDS...]: asks TIMES how the server sees us, over one connection, and prints each
 * answer, and behind it the flavor and the length of the credential that goes with the next call. Without MACHINE the
 * credentials are the process's.
 *
 * TSRPC_GROUPS=N: first takes the supplementary groups 1000 to 999+N, as root can.
 */
#include "call.h"
#include "probe.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    CLIENT *client;
    AUTH *auth;
    gid_t gids[128];
    const char *groups = getenv("TSRPC_GROUPS");

    if (argc < 3 || argc - 6 > 128) return 2;
    if (groups != NULL) {
        int count = atoi(groups);
        for (int i = 0; i < count && i < 128; i++) gids[i] = (gid_t)(1000 + i);
        if (setgroups(count, gids) != 0) {
            perror("setgroups");
            return 1;
        }
    }
    client = reach(argv[1], PROBE_PROG, PROBE_ONE);
    if (argc == 3) {
        auth = authunix_create_default();
    } else {
        for (int i = 6; i < argc; i++) gids[i - 6] = (gid_t)atoi(argv[i]);
        auth = authunix_create(argv[3], atoi(argv[4]), atoi(argv[5]), argc - 6, gids);
    }
    if (auth == NULL) {
        puts("no credential");
        return 0;
    }
    client->cl_auth = auth;
    for (int i = 0; i < atoi(argv[2]); i++) {
        identity who = {0};

        check(client, "WHO", who_1(&who, client));
        printf("%d %s %d %d", who.flavor, who.machine, who.uid, who.gid);
        for (u_int j = 0; j < who.gids.gids_len; j++) printf(" %d", who.gids.gids_val[j]);
        printf("\n%d %u\n", auth->ah_cred.oa_flavor, auth->ah_cred.oa_length);
    }
    return 0;
}
