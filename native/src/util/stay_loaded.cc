#include "stay_loaded.h"

#include <dlfcn.h>

namespace tsrpcgen {

void StayLoaded() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(StayLoaded), &here) == 0) return;
  // It is loaded: this only marks it.
  void* self = dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  if (self != nullptr) dlclose(self);
}

}  // namespace tsrpcgen
