#include "domain/settings/settings.hpp"

namespace dealog::settings {

namespace {

v1::Value locale() {
    v1::Value value;
    value.mutable_locale()->set_time_zone("UTC");
    value.mutable_locale()->set_currency_code("RUB");
    return value;
}

v1::Value working_hours() {
    v1::Value value;
    for (std::uint32_t weekday = 1; weekday <= 5; ++weekday) {
        auto& day = *value.mutable_working_hours()->add_days();
        day.set_weekday(weekday);
        day.set_from("09:00");
        day.set_to("18:00");
    }
    return value;
}

v1::Value norms() {
    v1::Value value;
    value.mutable_norms()->set_min(30);
    value.mutable_norms()->set_max(40);
    value.mutable_norms()->set_executed_min(30);
    value.mutable_norms()->set_executed_target(40);
    return value;
}

v1::Value task_types() {
    v1::Value value;
    for (const char* key : {"CALL", "EMAIL", "MESSENGER", "LINKEDIN", "MEETING", "TASK"}) {
        auto& type = *value.mutable_task_types()->add_types();
        type.set_key(key);
        type.set_communication(type.key() != "TASK");
    }
    return value;
}

v1::Value next_task_rules() {
    v1::Value value;
    auto& rule = *value.mutable_next_task_rules()->add_rules();
    rule.set_id("catch-all");
    rule.set_type("CALL");
    rule.set_title("Call and agree the next step");
    rule.set_delay_days(1);
    rule.set_at("10:00");
    return value;
}

v1::Value caps() {
    v1::Value value;
    value.mutable_caps()->set_open_deals(200);  // R27
    return value;
}

v1::Value title_stop_list() {
    v1::Value value;
    auto& list = *value.mutable_title_stop_list();
    for (const char* word :
         {"call",     "phone call",      "email",     "e-mail",     "mail",    "letter",      "message",   "messenger",
          "linkedin", "meeting",         "task",      "todo",       "to do",   "звонок",      "позвонить", "письмо",
          "написать", "написать письмо", "сообщение", "мессенджер", "встреча", "встретиться", "задача",    "дело"}) {
        list.add_words(word);
    }
    list.set_min_length(5);
    return value;
}

v1::Value thresholds() {
    v1::Value value;
    value.mutable_thresholds()->set_backdated_after_hours(24);
    return value;
}

}  // namespace

const std::vector<v1::Value>& defaults() {
    static const std::vector<v1::Value> values{locale(),          working_hours(), norms(),           task_types(),
                                               next_task_rules(), caps(),          title_stop_list(), thresholds()};
    return values;
}

}  // namespace dealog::settings
