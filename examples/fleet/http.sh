#!/bin/sh
# A job over HTTP, at a `toroid serve` of this machine: how it goes on, then its picture.
job=$(curl -sS -F recipe=texture-copy -F style=@stone.jpg http://127.0.0.1:8080/v1/jobs | sed 's/.*"id":"\([0-9a-f]*\).*/\1/')
curl -sN "http://127.0.0.1:8080/v1/jobs/$job/events"
curl -sS "http://127.0.0.1:8080/v1/jobs/$job/result" -o stone.tile.png
