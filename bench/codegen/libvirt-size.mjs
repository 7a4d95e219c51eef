// A protocol of the size and the shape of libvirt's remote_protocol.x, made up: about 7,000 lines, 600 structs and 430
// procedures with their arguments and results, with the limits, handles, unions, enums and comments around them.
//
//   node bench/codegen/libvirt-size.mjs > protocol.x
//
// The same text at each run, and one that C's rpcgen takes, too.
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROCEDURES = 430;
const STRUCTS = 600;

/** What libvirt's remote protocol is about. */
const objects = ["domain", "network", "storage_pool", "storage_vol", "node_device", "interface", "secret", "nwfilter"];
const verbs = [
  "get",
  "set",
  "list",
  "create",
  "destroy",
  "define",
  "undefine",
  "attach",
  "detach",
  "lookup",
  "migrate",
];
const aspects = [
  ...[
    "info",
    "state",
    "xml",
    "stats",
    "params",
    "memory",
    "vcpus",
    "autostart",
    "metadata",
    "jobs",
    "blkio",
    "cpu_map",
  ],
  ...[
    "block_size",
    "interfaces",
    "volumes",
    "snapshots",
    "events",
    "leases",
    "capabilities",
    "schedule",
    "numa",
    "perf",
  ],
];
const limits = ["STRING", "NAME_LIST", "PARAMS", "CPUMAP", "COOKIE", "BLOCK_PEEK", "VOLUME_LIST", "FIELDS"];

/** Numbers from 0 to `below`, always the same ones (mulberry32). */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
}

/** The protocol's text. */
export function libvirtSize() {
  const below = random(1);
  const pick = (list) => list[below(list.length)];
  const lines = [];
  const add = (...added) => lines.push(...added);
  let structs = 0;

  /** A struct, with a comment over every third one as libvirt has them. */
  function struct(name, fields, comment) {
    structs += 1;
    if (comment !== undefined)
      add("/*", ` * ${comment}`, " * Its fields travel in this order; none may be left out.", " */");
    add(`struct ${name} {`, ...fields.map((field) => `    ${field};`), "};", "");
  }

  function field(index) {
    const name = `${pick(aspects)}${index}`;
    const limit = `REMOTE_${pick(limits)}_MAX`;
    const kinds = [
      `remote_nonnull_string ${name}`,
      `remote_string ${name}`,
      `unsigned int ${name}`,
      `int ${name}`,
      `unsigned hyper ${name}`,
      `hyper ${name}; /* since 0.${below(10)}.${below(10)} */`.replace(/;( \/\*)/, "$1"),
      `remote_nonnull_${pick(objects)} ${name}`,
      `opaque ${name}<${limit}>`,
      `remote_typed_param ${name}<${limit}>`,
      `remote_nonnull_string ${name}<${limit}>`,
      `double ${name}`,
      `remote_uuid ${name}`,
      `unsigned char ${name}[16]`,
      `remote_state ${name}`,
      `bool ${name}`,
    ];
    return pick(kinds).replace(/^(.*?) (\/\*.*)$/, "$1");
  }
  const fields = (least, most) => Array.from({ length: least + below(most - least + 1) }, (_, index) => field(index));

  add("/* remote_protocol.x: a protocol between a client and a daemon that manages virtual machines. */", "");
  add('%#include "internal.h"', "%#include <arpa/inet.h>", "");
  for (const limit of limits) {
    add(`/* Upper limit on ${limit.toLowerCase()}: a bound for what is allocated. */`);
    add(`const REMOTE_${limit}_MAX = ${limit === "STRING" ? "4194304" : 1024 * (1 + below(64))};`, "");
  }
  add("/* A long string, which may NOT be NULL. */", "typedef string remote_nonnull_string<REMOTE_STRING_MAX>;", "");
  add("/* A long string, which may be NULL. */", "typedef remote_nonnull_string *remote_string;", "");
  add("typedef opaque remote_uuid[16];", "");
  add(
    "enum remote_state {",
    ...["NONE", "RUNNING", "BLOCKED", "PAUSED", "SHUTDOWN", "SHUTOFF", "CRASHED"].map(
      (state, index, all) => `    REMOTE_STATE_${state} = ${index}${index < all.length - 1 ? "," : ""}`,
    ),
    "};",
    "",
  );
  for (const object of objects) {
    struct(
      `remote_nonnull_${object}`,
      ["remote_nonnull_string name", "remote_uuid uuid", "int id"],
      `A handle of a ${object}.`,
    );
    add(`typedef remote_nonnull_${object} *remote_${object};`, "");
  }
  add("union remote_typed_param_value switch (int type) {");
  for (const [index, type] of [
    "int i",
    "unsigned int ui",
    "hyper l",
    "unsigned hyper ul",
    "double d",
    "int b",
  ].entries())
    add(` case ${index + 1}:`, `    ${type};`);
  add(" case 7:", "    remote_nonnull_string s;", "};", "");
  struct("remote_typed_param", ["remote_nonnull_string field", "remote_typed_param_value value"]);

  const names = Array.from(
    { length: PROCEDURES },
    (_, index) => `${pick(objects)}_${pick(verbs)}_${pick(aspects)}_${index}`,
  );
  const procedures = [];
  for (const [index, name] of names.entries()) {
    const left = STRUCTS - structs;
    const wanted = Math.min(
      2,
      Math.round(left / (PROCEDURES - index)) + (index % 2 === 0 ? 1 : 0) * (left < (PROCEDURES - index) * 2 ? 1 : 0),
    );
    const hasArguments = wanted > 0 && left > 0 && index % 14 !== 0;
    const hasResult = (wanted > 1 || !hasArguments) && left > (hasArguments ? 1 : 0);
    if (hasArguments) {
      const comment = index % 3 === 0 ? `Arguments of ${name}.` : undefined;
      struct(
        `remote_${name}_args`,
        [
          `remote_nonnull_${name.replace(/_(?:get|set|list|create|destroy|define|undefine|attach|detach|lookup|migrate)_.*/, "")} handle`,
          ...fields(1, 4),
          "unsigned int flags",
        ],
        comment,
      );
    }
    if (hasResult) struct(`remote_${name}_ret`, fields(1, 4));
    procedures.push({ name, hasArguments, hasResult });
  }
  while (structs < STRUCTS) struct(`remote_event_${structs}_msg`, ["int callback_id", ...fields(2, 5)], "An event.");

  add(
    "/* The procedures, with what an administrator may allow or forbid. */",
    "program REMOTE_PROGRAM {",
    "    version REMOTE_PROTOCOL_VERSION {",
  );
  for (const [index, { name, hasArguments, hasResult }] of procedures.entries()) {
    add(
      "",
      "        /**",
      "         * @generate: both",
      `         * @acl: ${name.replace(/_.*/, "")}:read`,
      "         */",
    );
    const result = hasResult ? `remote_${name}_ret` : "void";
    add(
      `        ${result} REMOTE_PROC_${name.toUpperCase()}(${hasArguments ? `remote_${name}_args` : "void"}) = ${index + 1};`,
    );
  }
  add("    } = 1;", "} = 0x20008086;");
  return `${lines.join("\n")}\n`;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.stdout.write(libvirtSize());
}
