#pragma once

namespace tsrpcgen {

/// Node unloads an addon with the last worker that has it. The process's signal handlers are in it, so it stays.
void StayLoaded();

}  // namespace tsrpcgen
