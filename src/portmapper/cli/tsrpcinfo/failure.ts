/** Ends the command: what it could not do, as it is written to standard error. The exit code is 1, as rpcinfo's always is. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** A command line that is none. */
export class UsageFailure extends Failure {
  /** @param message - Said above the usage; may be empty. */
  constructor(message = "") {
    super(message === "" ? USAGE : `${message}\n${USAGE}`);
  }
}

/** rpcinfo's, and what we add. */
export const USAGE: string = [
  "Usage: tsrpcinfo [-m | -s] [host]",
  "       tsrpcinfo -p [host]",
  "       tsrpcinfo -T netid host prognum [versnum]",
  "       tsrpcinfo -l host prognum versnum",
  "       tsrpcinfo [-n portnum] -u | -t host prognum [versnum]",
  "       tsrpcinfo -a serv_address -T netid prognum [version]",
  "       tsrpcinfo -b prognum versnum",
  "       tsrpcinfo -d [-T netid] prognum versnum",
  "       tsrpcinfo --help",
].join("\n");
