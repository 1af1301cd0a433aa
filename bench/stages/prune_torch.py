"""The same net pruned by Torch-Pruning: its dependency graph built, then one step to half the channels."""
import statistics
import time
from importlib.metadata import version

import torch
import torch.nn as nn
import torch_pruning as tp


def unit(inputs, filters, kernel, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(filters), nn.ReLU())


class Module(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.point = unit(inputs, 128, 1)
        self.three = nn.Sequential(unit(inputs, 96, 1), unit(96, 160, 3))
        self.five = nn.Sequential(unit(inputs, 32, 1), unit(32, 64, 3), unit(64, 64, 3))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(inputs, 64, 1))

    def forward(self, x):
        return torch.cat([self.point(x), self.three(x), self.five(x), self.pool(x)], 1)


def net():
    modules, inputs = [], 192
    for count in (9, 10, 9):
        for _ in range(count):
            modules.append(Module(inputs))
            inputs = 416
        modules.append(nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(
        unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1), unit(64, 64, 1), unit(64, 192, 3), nn.MaxPool2d(3, 2, 1),
        *modules[:-1], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000))


images = torch.randn(1, 3, 224, 224)
builds, steps = [], []
for _ in range(3):
    model = net().eval()
    begin = time.perf_counter()
    pruner = tp.pruner.MagnitudePruner(
        model, images, importance=tp.importance.MagnitudeImportance(p=1), pruning_ratio=0.3,
        global_pruning=True, ignored_layers=[model[-1]])
    built = time.perf_counter()
    pruner.step()
    builds.append(built - begin)
    steps.append(time.perf_counter() - built)

name = "Torch-Pruning " + version("torch-pruning")
print(f"{name + ', build, ms':<48}{1000 * statistics.median(builds):.1f}")
print(f"{name + ', step, ms':<48}{1000 * statistics.median(steps):.1f}")
