"""A training step of the reference net in PyTorch. Arguments: nchw or nhwc, batch, threads.

Answers each line of stdin, a number of steps, with the milliseconds of each, as JSON.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

layout, batch, threads = (sys.argv[1:] + ["nchw", "64", "2"][len(sys.argv) - 1 :])[:3]
batch = int(batch)
torch.set_num_threads(int(threads))
torch.manual_seed(0)
memory_format = torch.channels_last if layout == "nhwc" else torch.contiguous_format


def unit(channels, filters, kernel):
    return nn.Sequential(
        nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    )


class Inception(nn.Module):
    def __init__(self, channels, point, three, five, pool):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                unit(channels, point, 1),
                nn.Sequential(unit(channels, three[0], 1), unit(three[0], three[1], 3)),
                nn.Sequential(unit(channels, five[0], 1), unit(five[0], five[1], 3), unit(five[1], five[2], 3)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(channels, pool, 1)),
            ]
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


net = nn.Sequential(
    unit(3, 32, 3),
    Inception(32, 16, (16, 16), (8, 16, 16), 16),
    nn.MaxPool2d(2),
    Inception(64, 32, (24, 48), (16, 32, 32), 32),
    nn.MaxPool2d(2),
    Inception(144, 48, (40, 64), (20, 32, 32), 48),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(192, 10),
).to(memory_format=memory_format)
assert sum(p.numel() for p in net.parameters()) == 102946

optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=memory_format)
targets = torch.arange(batch) % 10


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def timed():
    begun = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - begun)


for line in sys.stdin:
    print(json.dumps([timed() for _ in range(int(line))]), flush=True)
