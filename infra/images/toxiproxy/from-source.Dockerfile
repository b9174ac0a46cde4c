# The same image for machines without Go: compiled in a stage with Debian's Go.
# build.sh lays infra/toxiproxy and the machine's certificates into the context.
FROM reliability-lab/debian:trixie AS builder
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends golang-go \
 && rm -rf /var/lib/apt/lists/*
COPY certificates.crt /certificates.crt
COPY source /source
ARG GOPROXY
RUN SSL_CERT_FILE=/certificates.crt sh /source/build.sh /out

FROM scratch
COPY --from=builder /out/toxiproxy-server /toxiproxy
COPY --from=builder /out/toxiproxy-cli /toxiproxy-cli
ENV LOG_LEVEL=info
EXPOSE 8474
ENTRYPOINT ["/toxiproxy"]
CMD ["-host=0.0.0.0"]
