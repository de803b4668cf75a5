# What the library promises holds with the kernels of every instruction set: parity with PyTorch, batch independence, the same bits for any
# number of threads, right gradients. Those tests run once more with each; what this processor lacks skips itself.
# SPDX-License-Identifier: MIT
set(promises golden/test_golden_layers golden/test_golden_optimisers golden/test_golden_recurrent
  golden/test_golden_seq2seq proof/test_independence proof/test_threads proof/test_gradcheck_rnn
  model/test_seq2seq)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(instruction_sets ref neon)
else()
  set(instruction_sets ref sse2 avx2 avx512)
endif()
foreach(isa IN LISTS instruction_sets)
  foreach(promise IN LISTS promises)
    get_filename_component(stem ${promise} NAME)
    set(test masks/${stem}.${isa})
    add_test(NAME ${test} COMMAND ${CMAKE_CURRENT_LIST_DIR}/masked.sh $<TARGET_FILE:test_kern> ${isa} $<TARGET_FILE:${stem}>)
    recur_label(${test} masks ${stem}_full)
  endforeach()
endforeach()
