#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "projections/engine/projection.hpp"

namespace dealog::directory {

using projections::Message;
using projections::QueryContext;
using projections::QueryResult;
using projections::View;

// ---- People: people.cpp ----
[[nodiscard]] QueryResult list_sellers(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult get_seller(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult list_teams(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult list_api_keys(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult who_am_i(const Message& request, const View& view, const QueryContext& context);

// ---- Clients: clients.cpp ----
[[nodiscard]] QueryResult list_companies(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult get_company(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult list_contacts(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult get_contact(const Message& request, const View& view, const QueryContext& context);

// ---- Definitions: definitions.cpp ----
[[nodiscard]] QueryResult list_pipelines(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult list_settings(const Message& request, const View& view, const QueryContext& context);

/// An answer with the two fields that every one begins with.
template <class Answer>
[[nodiscard]] std::unique_ptr<Answer> answer_of(const View& view, const QueryContext& context) {
    auto answer = std::make_unique<Answer>();
    answer->set_position(view.position().value());
    to_proto(context.at, *answer->mutable_at());
    return answer;
}

[[nodiscard]] inline std::size_t page_size_of(std::uint32_t asked) {
    return asked == 0 ? projections::page_size_default : std::min(asked, projections::page_size_max);
}

/// A list that fits in memory, by its order: one page of it, from the page token's key on.
template <class Item>
struct Ordered {
    std::string order;
    Item item;
};
template <class Request, class Item, class Answer>
[[nodiscard]] QueryResult page_of(const Request& asked, std::vector<Ordered<Item>> items, const View& view,
                                  std::unique_ptr<Answer> answer, google::protobuf::RepeatedPtrField<Item>* out) {
    const auto start = projections::page_start(asked);
    if (!start) return refuse(start.error());
    std::ranges::sort(items, {}, &Ordered<Item>::order);
    for (auto one = std::ranges::lower_bound(items, *start, {}, &Ordered<Item>::order); one != items.end(); ++one) {
        if (static_cast<std::size_t>(out->size()) == page_size_of(asked.page_size())) {
            answer->set_next_page_token(projections::make_page_token(view.position(), asked, one->order));
            break;
        }
        *out->Add() = std::move(one->item);
    }
    return answer;
}

/// Lower case of Latin and Cyrillic letters; other text stays. For comparing what people type with what is on record.
[[nodiscard]] std::string folded(std::string_view utf8);
[[nodiscard]] inline bool contains_folded(std::string_view text, std::string_view folded_part) {
    return folded(text).find(folded_part) != std::string::npos;
}

}  // namespace dealog::directory
