// A workload's value as a message of bench.proto.
import { entriesOf, valueOf, withHypers } from "../values.mjs";

/** How a library has a oneof: as the field itself, or as an object with the field's name. */
export const withOneof = {
  flat: ({ k, number, text }) => (k === 0 ? { number } : k === 1 ? { text } : {}),
  cased: ({ k, number, text }) => ({
    info: k === 0 ? { case: "number", value: number } : k === 1 ? { case: "text", value: text } : { case: undefined },
  }),
};

export function toMessage(workload, hyper, oneof) {
  const value = withHypers(valueOf(workload), hyper);
  switch (workload) {
    case "date":
      return { type: "Date", value };
    case "fattr3":
      return { type: "Fattr3", value };
    case "dirlist": {
      const entries = entriesOf(value).map(({ fileid, name, cookie, nameAttributes, nameHandle }) => {
        return { fileid, name, cookie, attributes: nameAttributes.attributes, handle: nameHandle.handle.data };
      });
      return { type: "Dirlistplus3", value: { entries, eof: value.eof } };
    }
    case "ints":
      return { type: "Ints", value: { items: value } };
    case "doubles":
      return { type: "Doubles", value: { items: value } };
    case "opaque64k":
    case "opaque1m":
      return { type: "Blob", value: { data: value } };
    case "records": {
      const items = value.map(({ id, stamp, name, active, info }) => ({ id, stamp, name, active, ...oneof(info) }));
      return { type: "Records", value: { items } };
    }
    default:
      throw new RangeError(`no workload ${workload}`);
  }
}
