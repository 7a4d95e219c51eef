/** Structures that <rpc/rpc.h> declares, with codecs in libtirpc: a file that uses one without defining it gets it. */

/** By name, in the RPC language. RFC 5531 section 8.2 and appendix A; libtirpc's xdr_netbuf. */
export const rpcTypes: ReadonlyMap<string, string> = new Map([
  [
    "authsys_parms",
    "struct authsys_parms { unsigned int stamp; string machinename<255>; unsigned int uid; unsigned int gid; unsigned int gids<16>; };",
  ],
  [
    "authunix_parms",
    "struct authunix_parms { unsigned int aup_time; string aup_machname<255>; unsigned int aup_uid; unsigned int aup_gid; unsigned int aup_gids<16>; };",
  ],
  ["opaque_auth", "struct opaque_auth { int oa_flavor; opaque oa_base<400>; };"],
  ["netbuf", "struct netbuf { unsigned int maxlen; opaque buf<>; };"],
]);
