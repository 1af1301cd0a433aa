"""Images per second of a whole training step of the reference net in PyTorch: NCHW and channels-last.

usage: python step_torch.py [threads] [steps]
"""
import sys, time, statistics, json
import torch
from torch import nn
from torch.nn import functional as F

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20
torch.set_num_threads(threads)
torch.manual_seed(0)


def unit(i, o, k):
    return nn.Sequential(nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class Inception(nn.Module):
    def __init__(self, i, point, three, five, pool):
        super().__init__()
        self.point = unit(i, point, 1)
        self.three = nn.Sequential(unit(i, three[0], 1), unit(three[0], three[1], 3))
        self.five = nn.Sequential(unit(i, five[0], 1), unit(five[0], five[1], 3), unit(five[1], five[2], 3))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(i, pool, 1))

    def forward(self, x):
        return torch.cat([self.point(x), self.three(x), self.five(x), self.pool(x)], 1)


def reference():
    return nn.Sequential(
        unit(3, 32, 3),
        Inception(32, 16, (16, 16), (8, 16, 16), 16), nn.MaxPool2d(2),
        Inception(64, 32, (24, 48), (16, 32, 32), 32), nn.MaxPool2d(2),
        Inception(144, 48, (40, 64), (20, 32, 32), 48),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(192, 10))


def measure(layout, batch=64):
    net = reference().to(memory_format=layout)
    assert sum(p.numel() for p in net.parameters()) == 102946
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=layout)
    targets = torch.arange(batch) % 10

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(images), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(5):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return batch / statistics.median(times)


for name, layout in (('nchw', torch.contiguous_format), ('channels-last', torch.channels_last)):
    print(json.dumps({'engine': f'pytorch {torch.__version__.split("+")[0]}', 'layout': name, 'threads': threads, 'imagesPerSecond': round(measure(layout), 1)}))
