# How every file of the project is compiled: standard C, IEEE arithmetic, warnings on.
# SPDX-License-Identifier: MIT
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "" FORCE)

# settings for library, programs and tests alike; link it PRIVATE
add_library(recur_settings INTERFACE)
target_compile_definitions(recur_settings INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(recur_settings INTERFACE
  -ffp-contract=off # docs/why/floating-point.md
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes)
if(RECUR_WERROR)
  target_compile_options(recur_settings INTERFACE -Werror)
endif()
if(RECUR_SANITIZE)
  target_compile_options(recur_settings INTERFACE
    -fsanitize=${RECUR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(recur_settings INTERFACE -fsanitize=${RECUR_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # the checks it adds make it see what is not there
    target_compile_options(recur_settings INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
