# syntax=docker/dockerfile:1
# One static binary in an image without a shell. busybox brings wget, and only
# wget, for health checks.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/andante ./cmd/andante

FROM busybox:1.37-musl AS busybox

# static: CA certificates, time zones, a passwd with nonroot (65532); no libc.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=busybox /bin/busybox /bin/wget
COPY --from=build /out/andante /usr/local/bin/andante
USER nonroot:nonroot
# Mount the workspace's folder here; it must be readable, and for the sandbox
# writable, for the user that the container runs as.
WORKDIR /workspace
ENV ANDANTE_LISTEN=0.0.0.0:8025
EXPOSE 8025
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/andante"]
CMD ["run"]
