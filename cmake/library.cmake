# librecur: every source compiled once, position-independent, then bound into librecur.so and librecur.a.
# Only what a public header marks RECUR_API leaves librecur.so.
# SPDX-License-Identifier: MIT
file(GLOB_RECURSE library_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.c)

add_library(recur_objects OBJECT ${library_sources})
set_target_properties(recur_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
target_compile_definitions(recur_objects PRIVATE RECUR_BUILDING)
target_include_directories(recur_objects PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(recur_objects PRIVATE recur_settings ${RECUR_DEPENDENCIES})

# the arithmetic: neither errno nor floating-point traps are used, and both keep loops from becoming vectors;
# no value changes
set(arithmetic ${library_sources})
list(FILTER arithmetic INCLUDE REGEX "/src/(kern|dev)/")
if(arithmetic)
  set_property(SOURCE ${arithmetic} APPEND PROPERTY COMPILE_OPTIONS -fno-math-errno -fno-trapping-math)
endif()

# gcc at -O3 unrolls the innermost loops of the products before it looks for vectors, and then finds worse ones: 6 GFLOP/s
# on one core with -O3, 24 with these (SSE2)
set(kernels ${library_sources})
list(FILTER kernels INCLUDE REGEX "/src/kern/")
if(kernels AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set_property(SOURCE ${kernels} APPEND PROPERTY COMPILE_OPTIONS -O2 -ftree-vectorize)
endif()

# kernels for one instruction set are named after it; src/kern/cpu.c asks the processor before it calls them
set(isa_avx2 -mavx2 -mfma)
set(isa_avx512 -mavx512f -mfma)
foreach(isa IN ITEMS avx2 avx512)
  set(kernels ${library_sources})
  list(FILTER kernels INCLUDE REGEX "/src/kern/x86/.*_${isa}\\.c$")
  if(kernels AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_property(SOURCE ${kernels} APPEND PROPERTY COMPILE_OPTIONS ${isa_${isa}})
  endif()
endforeach()

foreach(kind IN ITEMS shared static)
  string(TOUPPER ${kind} KIND)
  add_library(recur_${kind} ${KIND} $<TARGET_OBJECTS:recur_objects>)
  set_target_properties(recur_${kind} PROPERTIES OUTPUT_NAME recur EXPORT_NAME ${kind} LINKER_LANGUAGE C)
  target_include_directories(recur_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(recur_${kind} PRIVATE ${RECUR_DEPENDENCIES} $<BUILD_INTERFACE:recur_settings>)
endforeach()
set_target_properties(recur_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
if(NOT RECUR_SANITIZE) # their runtime is found when a program starts
  target_link_options(recur_shared PRIVATE -Wl,--no-undefined)
endif()
