#include "app/projections.hpp"

#include "projections/board/board.hpp"
#include "projections/day_list/day_list.hpp"
#include "projections/deals/deals.hpp"
#include "projections/directory/directory.hpp"
#include "projections/kpis/kpis.hpp"

namespace dealog::app {

std::vector<std::unique_ptr<projections::Projection>> all_projections() {
    std::vector<std::unique_ptr<projections::Projection>> all;
    all.push_back(directory::make_directory());
    all.push_back(deals::make());
    all.push_back(day_list::make());
    all.push_back(board::make_board());
    all.push_back(kpis::make_kpis());
    return all;
}

}  // namespace dealog::app
