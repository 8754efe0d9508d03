#include "app/verbs.hpp"

int main(int argc, char** argv) { return dealog::app::run(argc, argv); }
