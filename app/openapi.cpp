#include <iostream>

#include "app/verbs.hpp"
#include "gateway/openapi.hpp"
#include "gateway/routes.hpp"

namespace dealog::app {

int print_openapi() {
    std::cout << gateway::openapi_document(gateway::Routes{}) << "\n";
    return exit_done;
}

}  // namespace dealog::app
