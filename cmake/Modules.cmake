include(Catch)

# The published contract: every .proto of the tree, generated once.
function(dealog_contract)
  file(GLOB protos CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
       ${CMAKE_SOURCE_DIR}/base/*.proto ${CMAKE_SOURCE_DIR}/eventstore/*.proto ${CMAKE_SOURCE_DIR}/domain/*/*.proto
       ${CMAKE_SOURCE_DIR}/commands/*.proto ${CMAKE_SOURCE_DIR}/projections/*/*.proto
       ${CMAKE_SOURCE_DIR}/processes/*.proto ${CMAKE_SOURCE_DIR}/gateway/*.proto)
  set(generated ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  set(sources)
  foreach(proto IN LISTS protos)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    add_custom_command(
      OUTPUT ${generated}/${stem}.pb.cc ${generated}/${stem}.pb.h
      COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR} --cpp_out=${generated} ${proto}
      DEPENDS ${protos} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} COMMENT "protoc ${proto}" VERBATIM)
    list(APPEND sources ${generated}/${stem}.pb.cc ${generated}/${stem}.pb.h)
  endforeach()
  add_library(dealog_contract STATIC ${sources})
  target_include_directories(dealog_contract SYSTEM PUBLIC ${generated})
  target_link_libraries(dealog_contract PUBLIC protobuf::libprotobuf)
  # The descriptors are reached by name at run time (contract_files.hpp): none may be dropped by the linker, hence
  # WHOLE_ARCHIVE wherever the contract is linked.
  list(JOIN protos "\", \"" names)
  file(CONFIGURE OUTPUT ${generated}/contract_files.hpp CONTENT
"// Written by CMake: every .proto of the contract.
#pragma once
namespace dealog { inline constexpr const char* contract_files[] = {\"${names}\"}; }
" @ONLY)
endfunction()

function(dealog_library name)
  cmake_parse_arguments(arg "" "" "LINK;FLAGS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${name}/main.cpp)
  if(NOT sources)
    add_library(dealog_${name} INTERFACE)
    target_link_libraries(dealog_${name} INTERFACE ${arg_LINK} $<LINK_LIBRARY:WHOLE_ARCHIVE,dealog_contract>)
    return()
  endif()
  add_library(dealog_${name} STATIC ${sources})
  target_link_libraries(dealog_${name} PUBLIC ${arg_LINK} $<LINK_LIBRARY:WHOLE_ARCHIVE,dealog_contract> tl::expected PRIVATE dealog_flags)
  target_include_directories(dealog_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(dealog_${name} PRIVATE ${arg_FLAGS})
endfunction()

function(dealog_executable name main)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  if(EXISTS ${CMAKE_SOURCE_DIR}/${main})
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE dealog_flags ${arg_LINK})
  endif()
endfunction()

function(dealog_tests name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE dealog_flags ${arg_LINK} Catch2::Catch2WithMain)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(test_${name} PRIVATE DEALOG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  catch_discover_tests(test_${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 300 LABELS ${name})
endfunction()
