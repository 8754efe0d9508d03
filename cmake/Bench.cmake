# What `make bench` measures inside one process. Run by bench/run.sh.
if(EXISTS ${CMAKE_SOURCE_DIR}/bench/main.cpp)
  file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cpp)
  add_executable(dealog_bench ${bench_sources})
  target_include_directories(dealog_bench PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(dealog_bench PRIVATE dealog_flags dealog_app CLI11::CLI11 RocksDB::rocksdb-shared)
endif()
