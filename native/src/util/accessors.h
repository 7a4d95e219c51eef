#pragma once

#include <napi.h>

#include <initializer_list>

namespace tsrpcgen {

/// Makes read-only properties of a class's methods: each is called without an argument where the property is read. Of a
/// method V8 looks whether its receiver is of the class; an accessor of Node-API's own would take any wrapped object
/// for one. The methods must be configurable.
void MakeAccessors(const Napi::Function& constructor, std::initializer_list<const char*> names);

}  // namespace tsrpcgen
