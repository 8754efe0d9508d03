#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "gateway/json/fill.hpp"
#include "gateway/json/shape.hpp"

namespace dealog::gateway::json {

/// Takes the events of nlohmann's SAX parser and fills the message. Every event answers false after the first refusal,
/// which stops the parser.
class Filler {
public:
    /// `seen` points to how far the parser has read.
    Filler(google::protobuf::Message& message, const FillOptions& options, const char* const& seen);

    bool null() { return value_refused("null", "null is not accepted; leave the field out"); }
    bool boolean(bool value);
    bool number_integer(std::int64_t value);
    bool number_unsigned(std::uint64_t value);
    bool number_float(double value, const std::string& text);
    bool string(std::string& value);
    bool binary(std::vector<std::uint8_t>&) { return refuse("malformed_json", "binary"); }
    bool start_object(std::size_t);
    bool key(std::string& name);
    bool end_object();
    bool start_array(std::size_t);
    bool end_array();
    template <class Error>
    bool parse_error(std::size_t byte, const std::string&, const Error& error) {
        return broken(byte, error.id);
    }

    [[nodiscard]] std::optional<Rejection> refusal() const;

private:
    struct Frame {
        google::protobuf::Message* message = nullptr;
        const Shape* shape = nullptr;  // of an object
        const Field* field = nullptr;  // the key just read; of an array: its field
        std::uint32_t items = 0;       // of an array: how many came
        bool array = false;
        std::bitset<shape_fields_max> keys = {};
    };

    Frame& top() { return frames_[static_cast<std::size_t>(depth_ - 1)]; }
    const Field* expect_value();
    bool nest(Frame frame);
    bool take_unsigned(const Field& field, std::uint64_t value);
    bool take_signed(const Field& field, std::int64_t value);
    bool take_text(const Field& field, std::string& value);
    bool take_enum(const Field& field, const std::string& name);
    bool take_timestamp(const Field& field, const std::string& text);
    bool take_duration(const Field& field, const std::string& text);
    bool start_raw();
    bool end_raw();
    bool wrong_type();
    bool value_refused(std::string rule, std::string message);
    bool refuse(std::string rule, std::string message);
    bool broken(std::size_t byte, int error);
    [[nodiscard]] std::string path() const;

    const FillOptions& options_;
    const char* const& seen_;
    google::protobuf::Message& root_;
    std::array<Frame, depth_max> frames_;
    int depth_ = 0;
    int raw_depth_ = 0;  // levels inside an Any
    const char* raw_begin_ = nullptr;
    std::optional<Violation> refusal_;
};

}  // namespace dealog::gateway::json
