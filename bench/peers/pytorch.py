#!/usr/bin/env python3
"""PyTorch (cuDNN) on the work of bench/peers: VGG-19 with random weights, Gram losses, gradient to the picture.

  python3 bench/peers/pytorch.py [--out FILE]   relu5_1 at 256, 512 and 1024 in f32 with TF32 off, TF32, and bf16 with
                                                channels last; ceilings of copying and of matrix products; JSON
  python3 bench/peers/pytorch.py --ceilings     the ceilings alone, one line of JSON
  python3 bench/peers/pytorch.py --serve        for `npm run bench:peers`: requests and replies in lines of JSON

Without torch or a CUDA device it says `not measured: ...` and ends with 0. The same weights, picture and loss as work.ts,
by the same generator: a change there is a change here.
"""
import argparse
import base64
import ctypes
import glob
import json
import statistics
import sys
import time

try:
    import torch
except ImportError as cause:
    print(f"not measured: {'' if glob.glob('/dev/nvidia[0-9]*') else 'no CUDA device, and '}no PyTorch ({cause})")
    sys.exit(0)
if not torch.cuda.is_available():
    print("not measured: no CUDA device")
    sys.exit(0)

import torch.nn.functional as F  # noqa: E402

BLOCKS = [(64, 2), (128, 2), (256, 4), (512, 4), (512, 1)]
SEED, IMAGE, EXEMPLAR = 1, 1, 2
MASK = 0xFFFFFFFF
DEVICE = torch.device("cuda")


def uniform(stream, count, scale):
    """[-scale, scale): pcg4d of (SEED, stream, 0, index), its first word; src/base/rng.ts. 64-bit products wrap, but
    their low 32 bits are right."""
    w = torch.arange(count, dtype=torch.int64, device=DEVICE)
    step = lambda v: (v * 1664525 + 1013904223) & MASK
    x = step(torch.full_like(w, SEED))
    y = step(torch.full_like(w, stream))
    z = step(torch.zeros_like(w))
    w = step(w)
    for turn in range(2):
        x = (x + y * w) & MASK
        y = (y + z * x) & MASK
        z = (z + x * y) & MASK
        w = (w + y * z) & MASK
        if turn == 0:
            x, y, z, w = (v ^ (v >> 16) for v in (x, y, z, w))
    return ((2 * ((x >> 8).double() * 2.0**-24) - 1) * scale).float()


class Job:
    def __init__(self, depth, side, mode, precision):
        self.side, self.mode, self.precision = side, mode, precision
        last = int(depth[4])
        self.half = precision == "bf16"
        self.convs = []
        channels = 3
        for block, (out, count) in enumerate(BLOCKS[:last]):
            for k in range(1 if block + 1 == last else count):
                n = len(self.convs)
                w = uniform(16 + 2 * n, out * channels * 9, (6 / (9 * channels)) ** 0.5).view(out, channels, 3, 3)
                b = uniform(17 + 2 * n, out, 0.1)
                if self.half:
                    w = w.bfloat16().contiguous(memory_format=torch.channels_last)
                    b = b.bfloat16()
                self.convs.append((w, b, block > 0 and k == 0, k == 0))
                channels = out
        self.image = self.picture(IMAGE, 1.0)
        self.set_precision()
        with torch.no_grad():
            self.targets = [(g, 1 / g.square().sum()) for g in self.grams(self.picture(EXEMPLAR, 0.5))]
        self.gradient = None

    def picture(self, stream, contrast):
        x = uniform(stream, 3 * self.side**2, contrast).view(1, 3, self.side, self.side)
        return x.bfloat16().contiguous(memory_format=torch.channels_last) if self.half else x

    def set_precision(self):
        tf32 = self.precision == "tf32"
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True

    def grams(self, x):
        found = []
        for w, b, pooled, compared in self.convs:
            if pooled:
                x = F.max_pool2d(x, 2)
            x = F.relu(F.conv2d(x, w, b, padding=1))
            if compared:
                f = x.flatten(2)[0]
                found.append((f @ f.T).float() / f.shape[1])
        return found

    def loss(self, x):
        return sum(factor * (g - t).square().sum() for g, (t, factor) in zip(self.grams(x), self.targets))

    def queue(self):
        """One step, not waited for. @returns its loss, on the device."""
        if self.mode == "forward":
            with torch.no_grad():
                return self.loss(self.image)
        x = self.image.detach().requires_grad_()
        loss = self.loss(x)
        (self.gradient,) = torch.autograd.grad(loss, x)
        return loss.detach()

    def run(self):
        """One step as the other engines do it: its loss comes to the host."""
        return self.queue().item()


def timed(f, times):
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(times):
        last = f()
    torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - began) / times, last


def ceilings():
    """GB/s of a copy (bytes read plus bytes written) and TFLOP/s of square matrix products; the best of five."""
    source = torch.empty(2**28, dtype=torch.float32, device=DEVICE).normal_()
    target = torch.empty_like(source)
    target.copy_(source)
    ms = min(timed(lambda: target.copy_(source), 10)[0] for _ in range(5))
    found = {"copyGBps": 2 * source.nbytes / ms / 1e6}
    del source, target
    n = 8192
    for name, kind, tf32 in (("f32", torch.float32, False), ("tf32", torch.float32, True), ("bf16", torch.bfloat16, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(n, n, device=DEVICE).to(kind)
        b = torch.randn(n, n, device=DEVICE).to(kind)
        a @ b
        ms = min(timed(lambda: a @ b, 3)[0] for _ in range(5))
        found[f"matmul_{name}_TFLOPps"] = 2 * n**3 / ms / 1e9
    return {"adapter": torch.cuda.get_device_name(), "versions": versions(), **found}


def versions():
    return {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}


def answer(request, state):
    op = request["op"]
    if op == "open":
        return {"op": op, "ms": 0, "version": torch.__version__, "adapter": torch.cuda.get_device_name()}
    if op == "first":
        job = request["job"]
        state["job"] = made = Job(job["depth"], job["side"], job["mode"], request["precision"])
        ms, loss = timed(made.run, 1)
        gradient = None
        if made.gradient is not None:
            planar = made.gradient.float().contiguous().cpu()
            # Not by numpy, which need not be there.
            gradient = base64.b64encode(ctypes.string_at(planar.data_ptr(), planar.nbytes)).decode()
        return {"op": op, "ms": ms, "loss": loss, "gradient": gradient}
    if op == "time":
        state["job"].set_precision()
        ms, loss = timed(state["job"].run, request["times"])
        return {"op": op, "ms": ms, "loss": loss}
    raise ValueError(f"no answer to {op}")


def serve():
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Exception as cause:  # the bench shows it and goes on
            reply = {"op": "failed", "message": f"{type(cause).__name__}: {cause}"}
        print(json.dumps(reply), flush=True)


def alone(out):
    rows = []
    for side in (256, 512, 1024):
        for precision in ("f32", "tf32", "bf16"):
            torch.cuda.empty_cache()
            job = Job("relu5_1", side, "gradient", precision)
            first, loss = timed(job.run, 1)
            timed(job.run, 5)
            rounds = [timed(job.run, 20)[0] for _ in range(7)]
            queued = [timed(job.queue, 20)[0] for _ in range(7)]
            row = {
                "name": "vgg19-relu5_1",
                "side": side,
                "engine": f"pytorch {precision}",
                "ms": statistics.median(rounds),
                # Steps queued one behind the other, as an optimiser may that does not look at each loss.
                "queuedMs": statistics.median(queued),
                "firstMs": first,
                "loss": loss,
            }
            rows.append(row)
            print(f"{side:5} {precision:5} {row['ms']:9.3f} ms a step, {row['queuedMs']:9.3f} queued", file=sys.stderr)
            del job
    result = {**ceilings(), "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "rows": rows}
    text = json.dumps(result, indent=2)
    if out:
        with open(out, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    else:
        print(text)


def main():
    parser = argparse.ArgumentParser(description="PyTorch on the work of bench/peers")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--ceilings", action="store_true")
    parser.add_argument("--out")
    given = parser.parse_args()
    if given.serve:
        serve()
    elif given.ceilings:
        print(json.dumps(ceilings()))
    else:
        alone(given.out)


main()
