# Checks of the house itself, run by ctest beside the tests.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME "architecture: the arrows hold" COMMAND ${Python3_EXECUTABLE} tests/architecture/arrows.py .
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME "architecture: every forbidden arrow is caught"
           COMMAND ${Python3_EXECUTABLE} tests/architecture/arrows.py --self-test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endif()

# The contract: lint, and nothing that was published changes its meaning.
find_program(BUF buf HINTS ${CMAKE_SOURCE_DIR}/build/tools/node_modules/.bin)
if(BUF)
  add_test(NAME "contract: buf lint" COMMAND ${BUF} lint WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME "contract: buf breaking" COMMAND ${BUF} breaking --against tests/contract/published.binpb
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME "contract: a renumbered field turns the check red" COMMAND tools/breaking_demo.sh ${BUF}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endif()

# Golden samples of the events.
add_executable(golden tools/golden/main.cpp tools/golden/sample.cpp)
target_link_libraries(golden PRIVATE dealog_flags $<LINK_LIBRARY:WHOLE_ARCHIVE,dealog_contract>)
if(NOT TARGET test_contract)
  add_executable(test_contract tests/contract/golden_test.cpp tools/golden/sample.cpp)
  target_link_libraries(test_contract PRIVATE dealog_flags $<LINK_LIBRARY:WHOLE_ARCHIVE,dealog_contract> Catch2::Catch2WithMain)
  target_compile_definitions(test_contract PRIVATE DEALOG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  catch_discover_tests(test_contract TEST_PREFIX "contract: " PROPERTIES LABELS contract)
endif()

# The projections' crash test with the fault that it is there to find: the checkpoint in a batch of its own.
file(GLOB engine_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/projections/engine/*.cpp)
if(engine_sources AND EXISTS ${CMAKE_SOURCE_DIR}/tests/projections/engine_crash_test.cpp)
  add_executable(engine_crash_control tests/projections/engine_crash_test.cpp ${engine_sources})
  target_compile_definitions(engine_crash_control PRIVATE DEALOG_BREAK_CHECKPOINT_BATCH)
  target_include_directories(engine_crash_control PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(engine_crash_control PRIVATE dealog_flags dealog_base RocksDB::rocksdb-shared OpenSSL::Crypto
                                                     Catch2::Catch2WithMain)
  add_test(NAME "projections: a checkpoint apart from its rows turns the crash test red"
           COMMAND engine_crash_control "[crash]")
  set_tests_properties("projections: a checkpoint apart from its rows turns the crash test red" PROPERTIES
                       PASS_REGULAR_EXPRESSION "[1-9][0-9]* == 0" TIMEOUT 300 LABELS projections)
endif()

# The server is not linked while a command has no row or a query no handler.
if(TARGET dealog)
  add_executable(contract_check tools/contract_check/main.cpp)
  target_link_libraries(contract_check PRIVATE dealog_flags dealog_app)
  add_dependencies(dealog contract_check)
  add_custom_command(TARGET dealog POST_BUILD COMMAND contract_check COMMENT "every command has a row, every query a handler"
                     VERBATIM)
endif()

# Every header compiles by itself. Minutes of work: `ctest -C headers -L headers`, not part of the plain run.
add_test(NAME "headers: each compiles by itself" CONFIGURATIONS headers
         COMMAND ${CMAKE_SOURCE_DIR}/tools/headers.sh ${CMAKE_CXX_COMPILER} ${CMAKE_BINARY_DIR}/generated
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties("headers: each compiles by itself" PROPERTIES LABELS headers TIMEOUT 3600)
