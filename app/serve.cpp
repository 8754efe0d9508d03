#include <csignal>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/verbs.hpp"
#include "app/workspace.hpp"
#include "base/log.hpp"
#include "gateway/gateway.hpp"
#include "gateway/server/server.hpp"

namespace dealog::app {

namespace {

gateway::GatewaySettings gateway_settings(const Settings& settings) {
    gateway::GatewaySettings made;
    made.requests_per_second = settings.rate_per_second;
    made.requests_burst = settings.rate_burst;
    made.query_threads = settings.query_threads;
    return made;
}

gateway::server::ServerSettings server_settings(const Settings& settings) {
    gateway::server::ServerSettings made;
    made.host = settings.listen_host;
    made.port = settings.listen_port;
    made.body_bytes_max = settings.body_bytes_max;
    made.larger_bodies = {{"/v1/batch", settings.batch_body_bytes_max}};
    made.connections_max = settings.connections_max;
    return made;
}

/// Told before anything else can fail.
void announce_founding(const Settings& settings, const std::string& secret) {
    fmt::print("dealog: a new workspace was founded in {}\n", settings.data.string());
    fmt::print("dealog: its first key, shown once and kept in {}: {}\n", admin_key_file(settings.data).string(),
               secret);
    std::fflush(stdout);
}

/// What a person at the terminal wants to know, and what programs wait for.
void announce(const Settings& settings, std::uint16_t port) {
    fmt::print("dealog: serving http://{}:{}\n", settings.listen_host, port);
    std::fflush(stdout);
}

struct Stopper {
    commands::Dispatcher& dispatcher;
    ~Stopper() { dispatcher.stop(); }
};

std::unique_ptr<gateway::server::Server> listen(boost::asio::io_context& io, const Settings& settings,
                                                gateway::Handler handler) {
    try {
        return std::make_unique<gateway::server::Server>(io, server_settings(settings), std::move(handler));
    } catch (const std::system_error& error) {
        throw std::runtime_error(fmt::format("cannot listen on {}:{}: {}; choose another address with --listen",
                                             settings.listen_host, settings.listen_port, error.code().message()));
    }
}

void tell_of_lost_key(const Settings& settings) {
    fmt::print(stderr,
               "dealog: nobody has used this workspace yet and there is no {}: if its first key is not known, stop the "
               "server, run `dealog apikeys recover --data {}` and start it again\n",
               admin_key_file(settings.data).string(), settings.data.string());
}

}  // namespace

int serve(const Settings& settings) {
    log::set_level(settings.log_level);
    SystemClock clock;
    metrics::Registry metrics;
    boost::asio::io_context io(1);
    const auto post = [&io](std::function<void()> work) { boost::asio::post(io, std::move(work)); };

    Workspace workspace(settings, Workspace::Found::if_empty, clock, metrics);
    const auto secret = workspace.found();
    if (secret) announce_founding(settings, *secret);
    if (!secret && workspace.first_key_may_be_lost()) tell_of_lost_key(settings);
    commands::Dispatcher dispatcher(workspace.lend(post));
    gateway::Gateway gateway(gateway_settings(settings), {.log = workspace.log(),
                                                          .vault = workspace.vault(),
                                                          .dispatcher = dispatcher,
                                                          .engine = workspace.engine(),
                                                          .projections = workspace.projections(),
                                                          .clock = clock,
                                                          .metrics = metrics,
                                                          .post = post});
    const auto server = listen(io, settings, [&](gateway::Request request, gateway::Respond respond) {
        gateway.handle(std::move(request), std::move(respond));
    });

    // Answers go through the gateway: none may be left when it is gone.
    const Stopper stopper{dispatcher};
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& error, int signal) {
        if (error) return;
        log::info("stopping", {{"signal", std::to_string(signal)}});
        gateway.begin_stop();
        server->stop([&] { io.stop(); });
    });
    workspace.engine().start();
    server->start();
    announce(settings, server->port());
    log::info("serving", {{"position", std::to_string(workspace.log().head().position.value())},
                          {"port", std::to_string(server->port())}});
    io.run();
    log::info("stopped");
    return exit_done;
}

}  // namespace dealog::app
