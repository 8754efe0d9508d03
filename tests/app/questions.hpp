#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/app/random_company.hpp"

namespace dealog::app::testing {

/// What clients ask on one route, each variant with parameters by chance.
using Variant = std::function<std::string(const RandomCompany& company, Dice& dice)>;

/// Every GET that a read model answers, by the full name of its message.
using Questions = std::map<std::string, std::vector<Variant>>;
[[nodiscard]] Questions all_questions();

/// The routes of the contract that read models answer, by the full names of their messages.
[[nodiscard]] std::vector<std::string> routes_of_read_models();

[[nodiscard]] std::string with_parameter(const std::string& target, const std::string& name, const std::string& value);

}  // namespace dealog::app::testing
