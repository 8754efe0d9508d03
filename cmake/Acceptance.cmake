# The built binary, driven from outside.
if(Python3_FOUND AND TARGET dealog)
  file(GLOB acceptance_tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests/acceptance/*_test.py)
  foreach(test IN LISTS acceptance_tests)
    get_filename_component(stem ${test} NAME_WE)
    string(REGEX REPLACE "_test$" "" stem ${stem})
    add_test(NAME "acceptance: ${stem}" COMMAND ${Python3_EXECUTABLE} -W ignore ${test} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties("acceptance: ${stem}" PROPERTIES ENVIRONMENT "DEALOG_BIN=$<TARGET_FILE:dealog>" TIMEOUT 600 LABELS acceptance)
  endforeach()
  # What is measured wants the machine for itself.
  set_tests_properties("acceptance: maven" PROPERTIES RUN_SERIAL TRUE SKIP_REGULAR_EXPRESSION "OK \\(skipped=1\\)")
endif()
