"""Training steps or inference of an exported net in PyTorch.

Arguments: stage, layout (nchw or nhwc), folder of the net, its input as HEIGHT,WIDTH,CHANNELS, batch, threads, device.
"""

import importlib.util
import sys
from pathlib import Path

import torch
from answer import answer
from torch.nn import functional as F

stage, layout, folder, shape, batch, threads, device = sys.argv[1:]
batch = int(batch)
torch.set_num_threads(int(threads))
torch.manual_seed(0)
memory_format = torch.channels_last if layout == "nhwc" else torch.contiguous_format

spec = importlib.util.spec_from_file_location("exported", Path(folder) / "pytorch" / "model.py")
exported = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exported)
net = exported.load().to(device=device, memory_format=memory_format)
height, width, channels = map(int, shape.split(","))
images = torch.randn(batch, channels, height, width, device=device).contiguous(memory_format=memory_format)


def training_step():
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def inference():
    with torch.inference_mode():
        return net(images).cpu()


if stage == "train":
    net.train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    with torch.no_grad():
        targets = torch.arange(batch, device=device) % net(images).shape[1]
    answer(training_step)
else:
    net.eval()
    answer(inference)
