# Debian 12. Two stages: build, then only what running needs.
FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates
COPY . /src
WORKDIR /src
RUN make setup
RUN make build
RUN mkdir -p /out && cp build/release/bin/dealog /out/dealog

FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends librocksdb7.8 libprotobuf32 libsodium23 libssl3 libfmt9 libspdlog1.10 libdate-tz3 libtomlplusplus3 libcpp-httplib0.11 libprometheus-cpp-core1.0 tzdata && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /data --create-home dealog
COPY --from=build /out/dealog /usr/local/bin/dealog
USER dealog
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["dealog"]
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080"]
