{
  "targets": [
    {
      "target_name": "tsrpcgen",
      "sources": [
        "src/addon.cc",
        "src/blocking_socket.cc",
        "src/datagram.cc",
        "src/datagram_socket.cc",
        "src/descriptor.cc",
        "src/event_fd.cc",
        "src/futex.cc",
        "src/internet_address.cc",
        "src/io.cc",
        "src/mapping.cc",
        "src/memfd.cc",
        "src/peer_credentials.cc",
        "src/pipe.cc",
        "src/posix_message_queue.cc",
        "src/posix_semaphore.cc",
        "src/posix_shared_memory.cc",
        "src/process.cc",
        "src/processor.cc",
        "src/ring.cc",
        "src/ring/attachments.cc",
        "src/ring/binding.cc",
        "src/ring/binding_values.cc",
        "src/ring/binding_waits.cc",
        "src/ring/deaths.cc",
        "src/ring/lock.cc",
        "src/ring/memory.cc",
        "src/ring/ring.cc",
        "src/ring/waits.cc",
        "src/signal_receiver.cc",
        "src/spinner.cc",
        "src/sysv_key.cc",
        "src/sysv_message_queue.cc",
        "src/sysv_semaphore.cc",
        "src/sysv_shared_memory.cc",
        "src/tcp_socket.cc",
        "src/udp_socket.cc",
        "src/unix_message.cc",
        "src/unix_socket.cc",
        "src/util/accessors.cc",
        "src/util/arguments.cc",
        "src/util/blocking_task.cc",
        "src/util/call_javascript.cc",
        "src/util/descriptor_io.cc",
        "src/util/error.cc",
        "src/util/fault_guard.cc",
        "src/util/named_object.cc",
        "src/util/pages.cc",
        "src/util/poll_handle.cc",
        "src/util/process_identity.cc",
        "src/util/semaphore_memory.cc",
        "src/util/signal_hub.cc",
        "src/util/stay_loaded.cc",
        "src/util/sysv_permissions.cc",
        "src/util/wait_threads.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last: a worker may be terminated in the middle of a call, where nothing can be thrown any more.
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      # At -O2 the byte swap of arrays ran 2.6 times slower.
      # Before glibc 2.34 message queues and shared memory are there.
      "conditions": [["OS=='linux'", { "libraries": ["-lrt"] }]],
      "cflags": ["-O3", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "OTHER_CFLAGS": ["-Wall", "-Wextra"],
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
