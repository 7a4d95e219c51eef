// The service of gRPC's programs: bytes, which are not even encoded.

const bytesMethod = (name) => ({
  path: `/bench.Bench/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});

export const definition = { reflect: bytesMethod("Reflect") };
