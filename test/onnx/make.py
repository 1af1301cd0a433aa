"""Makes the ONNX files here, a folder for each exporter and opset, and answers.json with what PyTorch answers.

The nets are small, of torchvision's blocks.

Run in this folder, with torch, torchvision and onnxscript installed:  python make.py
"""
import json
import warnings
from functools import partial

import onnx
import torch
from torch import nn
from torchvision.models import convnext, densenet, efficientnet, mobilenetv2, mobilenetv3, regnet, resnet
from torchvision.models import shufflenetv2, squeezenet
from torchvision.models.googlenet import Inception
from torchvision.ops.misc import Conv2dNormActivation

warnings.filterwarnings('ignore')
torch.manual_seed(0)


def head(features):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 5)]


def stem(filters, **options):
    return Conv2dNormActivation(3, filters, 3, **options)


def downsample(filters, out):
    return nn.Sequential(nn.Conv2d(filters, out, 1, 2, bias=False), nn.BatchNorm2d(out))


class Factorised(nn.Module):
    """Branches of 1x7 and 7x1 convolutions, one of which divides, as in Inception v3."""

    def __init__(self):
        super().__init__()
        unit = partial(Conv2dNormActivation, 4, 4)
        self.reduce = unit(1)
        self.row, self.column = unit((1, 7)), unit((7, 1))
        self.left, self.right = unit((1, 3)), unit((3, 1))
        self.pool = nn.AvgPool2d(3, 1, 1)

    def forward(self, x):
        reduced = self.reduce(x)
        divided = torch.cat([self.left(reduced), self.right(reduced)], 1)
        return torch.cat([self.column(self.row(x)), divided, self.pool(x)], 1)


def v3_block():
    config = mobilenetv3.InvertedResidualConfig(8, 3, 8, 8, True, 'HS', 1, 1, 1.0)
    return mobilenetv3.InvertedResidual(config, partial(nn.BatchNorm2d, eps=1e-3))


def mb_block():
    config = efficientnet.MBConvConfig(1, 3, 1, 8, 8, 1)
    return efficientnet.MBConv(config, 0.0, nn.BatchNorm2d)


nets = {
    'resnet': nn.Sequential(
        stem(4, stride=2), nn.MaxPool2d(3, 2, 1), resnet.BasicBlock(4, 4),
        resnet.BasicBlock(4, 6, 2, downsample(4, 6)), *head(6)),
    'googlenet': nn.Sequential(
        stem(4), nn.MaxPool2d(3, 2, ceil_mode=True), Inception(4, 2, 2, 3, 2, 2, 2), *head(9)),
    'inception': nn.Sequential(stem(4, stride=2), Factorised(), *head(16)),
    'mobilenet_v2': nn.Sequential(
        stem(4, activation_layer=nn.ReLU6), mobilenetv2.InvertedResidual(4, 4, 1, 2),
        mobilenetv2.InvertedResidual(4, 6, 2, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2),
        nn.Linear(6, 5)),
    'mobilenet_v3': nn.Sequential(stem(8, stride=2, activation_layer=nn.Hardswish), v3_block(), *head(8)),
    'squeezenet': nn.Sequential(
        nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), squeezenet.Fire(4, 2, 3, 3),
        nn.Conv2d(6, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    'shufflenet_v2': nn.Sequential(
        stem(4, stride=2), shufflenetv2.InvertedResidual(4, 8, 2), shufflenetv2.InvertedResidual(8, 8, 1), *head(8)),
    'densenet': densenet.DenseNet(2, (3, 2), 4, 2, num_classes=5),
    'efficientnet': nn.Sequential(stem(8, stride=2, activation_layer=nn.SiLU), mb_block(), *head(8)),
    'regnet_x': nn.Sequential(
        stem(4, stride=2), regnet.ResBottleneckBlock(4, 6, 2, nn.BatchNorm2d, nn.ReLU, 2, 1.0, None),
        regnet.ResBottleneckBlock(6, 6, 1, nn.BatchNorm2d, nn.ReLU, 2, 1.0, None), *head(6)),
    'convnext': convnext.ConvNeXt(
        [convnext.CNBlockConfig(4, 6, 1), convnext.CNBlockConfig(6, None, 1)], layer_scale=0.5, num_classes=5),
}

side = 32
images = ((torch.arange(3 * side * side) * 37) % 101 / 101 - 0.5).reshape(1, 3, side, side)


def stir(net):
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.8, 1.2)
    return net.eval()


def slim(file):
    """Drops what only people read: source lines of every node."""
    model = onnx.load(file)
    for node in model.graph.node:
        kept = [each for each in node.metadata_props if each.key == 'pkg.torch.onnx.name_scopes']
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ''
    del model.graph.value_info[:]
    del model.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
        value.doc_string = ''
    onnx.save(model, file)


# Files of the newer exporter are larger; those whose operators differ are enough.
twice = {'mobilenet_v3', 'shufflenet_v2', 'convnext'}

# The exporters' own choice is opset 20; a file of each of these, in which operators differ most, is enough.
opsets = {11: False, 17: False, 24: True}

answers = {}
for name, net in nets.items():
    stir(net)
    with torch.no_grad():
        answers[name] = net(images)[0].tolist()
        torch.onnx.export(net, (images,), f'script/{name}.onnx', dynamo=False)
        slim(f'script/{name}.onnx')
        if name in twice:
            torch.onnx.export(net, (images,), f'dynamo/{name}.onnx', dynamo=True, external_data=False, verbose=False)
            slim(f'dynamo/{name}.onnx')
        for opset, dynamo in opsets.items() if name == 'mobilenet_v3' else ():
            file = f'opset-{opset}/{name}.onnx'
            options = {'external_data': False, 'verbose': False} if dynamo else {}
            torch.onnx.export(net, (images,), file, dynamo=dynamo, opset_version=opset, **options)
            slim(file)
json.dump(answers, open('answers.json', 'w'), indent=1)
