import assert from "node:assert/strict";
import { briefly, definition, modelOf } from "./support.ts";

describe("the RFCs' own definitions", () => {
  it("RFC 4506 section 7, a file", () => {
    assert.deepEqual(
      briefly(`
        const MAXUSERNAME = 32;     /* max length of a user name */
        const MAXFILELEN = 65535;   /* max length of a file      */
        const MAXNAMELEN = 255;     /* max length of a file name */

        enum filekind {
           TEXT = 0,       /* ascii data */
           DATA = 1,       /* raw data   */
           EXEC = 2        /* executable */
        };

        union filetype switch (filekind kind) {
        case TEXT:
           void;                           /* no extra information */
        case DATA:
           string creator<MAXNAMELEN>;     /* data creator         */
        case EXEC:
           string interpretor<MAXNAMELEN>; /* program interpretor  */
        };

        struct file {
           string filename<MAXNAMELEN>; /* name of file    */
           filetype type;               /* info about file */
           string owner<MAXUSERNAME>;   /* owner of file   */
           opaque data<MAXFILELEN>;     /* file data       */
        };`),
      [
        "const MAXUSERNAME = 32",
        "const MAXFILELEN = 65535",
        "const MAXNAMELEN = 255",
        "enum filekind { TEXT = 0, DATA = 1, EXEC = 2 }",
        "union filetype (kind: filekind) { TEXT → void; DATA → creator: string<255>; EXEC → interpretor: string<255> }",
        "struct file { filename: string<255>; type: filetype; owner: string<32>; data: opaque<65535> }",
      ],
    );
  });

  it("RFC 5531 section 9, the message protocol", () => {
    const text = `
      enum auth_flavor { AUTH_NONE = 0, AUTH_SYS = 1, AUTH_SHORT = 2, AUTH_DH = 3, RPCSEC_GSS = 6 };
      struct opaque_auth { auth_flavor flavor; opaque body<400>; };
      enum msg_type { CALL = 0, REPLY = 1 };
      enum reply_stat { MSG_ACCEPTED = 0, MSG_DENIED = 1 };
      enum accept_stat { SUCCESS = 0, PROG_UNAVAIL = 1, PROG_MISMATCH = 2, PROC_UNAVAIL = 3, GARBAGE_ARGS = 4, SYSTEM_ERR = 5 };
      enum reject_stat { RPC_MISMATCH = 0, AUTH_ERROR = 1 };
      enum auth_stat { AUTH_OK = 0, AUTH_BADCRED = 1 };
      struct rpc_msg {
        unsigned int xid;
        union switch (msg_type mtype) {
        case CALL:
          call_body cbody;
        case REPLY:
          reply_body rbody;
        } body;
      };
      struct call_body {
        unsigned int rpcvers;
        unsigned int prog;
        unsigned int vers;
        unsigned int proc;
        opaque_auth cred;
        opaque_auth verf;
      };
      union reply_body switch (reply_stat stat) {
      case MSG_ACCEPTED:
        accepted_reply areply;
      case MSG_DENIED:
        rejected_reply rreply;
      };
      struct accepted_reply {
        opaque_auth verf;
        union switch (accept_stat stat) {
        case SUCCESS:
          opaque results[0];
        case PROG_MISMATCH:
          struct { unsigned int low; unsigned int high; } mismatch_info;
        default:
          void;
        } reply_data;
      };
      union rejected_reply switch (reject_stat stat) {
      case RPC_MISMATCH:
        struct { unsigned int low; unsigned int high; } mismatch_info;
      case AUTH_ERROR:
        auth_stat stat;
      };`;
    assert.deepEqual(briefly(text).slice(7), [
      "union rpc_msg_body (mtype: msg_type) { CALL → cbody: call_body; REPLY → rbody: reply_body }",
      "struct rpc_msg { xid: uint32; body: rpc_msg_body }",
      "struct call_body { rpcvers: uint32; prog: uint32; vers: uint32; proc: uint32; cred: opaque_auth; verf: opaque_auth }",
      "union reply_body (stat: reply_stat) { MSG_ACCEPTED → areply: accepted_reply; MSG_DENIED → rreply: rejected_reply }",
      "struct accepted_reply_reply_data_mismatch_info { low: uint32; high: uint32 }",
      "union accepted_reply_reply_data (stat: accept_stat) { SUCCESS → results: opaque[0]; PROG_MISMATCH → mismatch_info: accepted_reply_reply_data_mismatch_info; default → void }",
      "struct accepted_reply { verf: opaque_auth; reply_data: accepted_reply_reply_data }",
      "struct rejected_reply_mismatch_info { low: uint32; high: uint32 }",
      "union rejected_reply (stat: reject_stat) { RPC_MISMATCH → mismatch_info: rejected_reply_mismatch_info; AUTH_ERROR → stat: auth_stat }",
    ]);
    assert.ok(modelOf(text).definitions.every((each) => !("recursive" in each) || !each.recursive));
    assert.equal(definition(modelOf(text), "struct", "rpc_msg").listField, undefined);
  });
});
