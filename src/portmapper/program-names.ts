import { readFileSync } from "node:fs";
import { systemCode } from "../runtime/error.ts";

/** A program of RPC by its names. */
interface NamedProgram {
  readonly number: number;
  readonly name: string;
  readonly aliases: readonly string[];
}

/** Where a system lists the names of programs. */
export const RPC_FILE = "/etc/rpc";

/**
 * What is known where the system has no list, in the form of one. The numbers are those of IANA's registry of RPC program numbers,
 * the names those that systems use; below, programs that people meet in laboratories and on hosts of virtual machines.
 */
const WELL_KNOWN = `
portmapper 100000 portmap sunrpc rpcbind
rstatd 100001 rstat rup perfmeter
rusersd 100002 rusers
nfs 100003 nfsprog
ypserv 100004 ypprog
mountd 100005 mount showmount
ypbind 100007
walld 100008 rwall shutdown
yppasswdd 100009 yppasswd
etherstatd 100010 etherstat
rquotad 100011 rquotaprog quota rquota
sprayd 100012 spray
3270_mapper 100013
rje_mapper 100014
selection_svc 100015 selnsvc
database_svc 100016
rexd 100017 rex
alis 100018
sched 100019
llockmgr 100020
nlockmgr 100021
statmon 100023
status 100024
bootparam 100026
ypupdated 100028 ypupdate
keyserv 100029 keyserver
tfsd 100037
ypxfrd 100069
kerbd 100078
autofs 100099 automountd
nfs_acl 100227
gssd 100234
pcnfsd 150001
amd 300019 amq
device_core 395183 vxi11
device_async 395184
device_intr 395185
glusterfs 14398633
libvirt 536903814
ugidd 545580417
nfs_callback 1073741824
`;

/** Names of programs and the numbers behind them: C's `getrpcbynumber` and `getrpcbyname`. */
export class ProgramNames {
  readonly #programs: readonly NamedProgram[];

  /** @param text lines of a number behind a name, with more names behind it; what follows `#` is a comment */
  constructor(text: string = WELL_KNOWN) {
    this.#programs = text.split("\n").flatMap((line) => {
      const [name, number, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
      return name === undefined || !/^\d+$/.test(number ?? "") ? [] : [{ name, number: Number(number), aliases }];
    });
  }

  /** The names of a file, or those that are built in where there is none that can be read. */
  static load(file: string = RPC_FILE): ProgramNames {
    try {
      return new ProgramNames(readFileSync(file, "utf8"));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return new ProgramNames();
    }
  }

  /** The first name of a program. */
  nameOf(number: number): string | undefined {
    return this.#programs.find((program) => program.number === number)?.name;
  }

  /** The number of a program by one of its names. */
  numberOf(name: string): number | undefined {
    return this.#programs.find((program) => program.name === name || program.aliases.includes(name))?.number;
  }
}
