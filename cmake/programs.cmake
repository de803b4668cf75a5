# The program and the examples. Both see the public headers only.
# SPDX-License-Identifier: MIT
file(GLOB program_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c ${PROJECT_SOURCE_DIR}/cli/lab/*.c)
if(program_sources)
  add_executable(recur ${program_sources})
  target_include_directories(recur PRIVATE ${PROJECT_SOURCE_DIR}/cli)
  # static: the program is one file that runs wherever it is copied, and cannot meet an older library
  target_link_libraries(recur PRIVATE recur_static recur_settings PkgConfig::JANSSON Threads::Threads m)
endif()

if(RECUR_EXAMPLES)
  add_custom_target(examples)
  file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.c)
  foreach(source IN LISTS example_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(example_${name} ${source})
    add_dependencies(examples example_${name})
    set_target_properties(example_${name} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
    target_link_libraries(example_${name} PRIVATE recur_shared recur_settings m)
  endforeach()
endif()
