/** The classes that a generated file defines, for what PyTorch lacks; a file has those that it uses. */

const stack = `
def stack(**layers):
    """Layers one after another."""
    return nn.Sequential(OrderedDict(layers))
`

const normalise = `
class Normalise(nn.Module):
    """(pixel - mean) / std, channel by channel."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer('mean', torch.tensor(mean).reshape(1, -1, 1, 1))
        self.register_buffer('std', torch.tensor(std).reshape(1, -1, 1, 1))

    def forward(self, x):
        return (x - self.mean) / self.std
`

const concat = `
class Concat(nn.ModuleDict):
    """Branches side by side on one input, their channels concatenated."""

    def __init__(self, **branches):
        super().__init__(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.values()], dim=1)
`

const residual = `
class Residual(nn.Module):
    """The body's output plus the shortcut's, then the activation."""

    def __init__(self, body, shortcut=None, activation=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut or nn.Identity()
        self.activation = activation or nn.Identity()

    def forward(self, x):
        return self.activation(self.body(x) + self.shortcut(x))
`

const gate = `
class Gate(nn.Module):
    """The input times the body's output: a factor for each channel, or for each value."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        factors = self.body(x)
        return x * factors.reshape(factors.shape + (1,) * (x.dim() - factors.dim()))
`

const flatten = `
class FlattenChannelsLast(nn.Module):
    """A map [n, c, h, w] as a vector [n, h * w * c]: the order in which the layers after it were trained."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)
`

const shuffle = `
class ChannelShuffle(nn.Module):
    """The channels of equal groups interleaved: the first of each, then the second of each, ..."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)
`

const slice = `
class ChannelSlice(nn.Module):
    """The channels from start to stop, without stop."""

    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x):
        return x[:, self.start:self.stop]
`

const layerNorm = `
class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels of each position of a map."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
`

const layerScale = `
class LayerScale(nn.Module):
    """A factor for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.weight.reshape((1, -1) + (1,) * (x.dim() - 2))
`

const dropPath = `
class DropPath(nn.Module):
    """Everything of an image set to zero at random while training: stochastic depth."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        ones = x.new_ones((len(x),) + (1,) * (x.dim() - 1))
        return x * F.dropout(ones, self.p, self.training)
`

const paddedAvgPool = `
class PaddedAvgPool(nn.Module):
    """The mean of the part of each window that lies on the map; padding is left, right, top, bottom."""

    def __init__(self, size, stride=None, padding=(0, 0, 0, 0)):
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding

    def mean(self, x):
        return F.avg_pool2d(F.pad(x, self.padding), self.size, self.stride)

    def forward(self, x):
        return self.mean(x) / self.mean(torch.ones_like(x[:1, :1]))
`

const helpers: Readonly<Record<string, string>> = {
  stack,
  Normalise: normalise,
  Concat: concat,
  Residual: residual,
  Gate: gate,
  FlattenChannelsLast: flatten,
  ChannelShuffle: shuffle,
  ChannelSlice: slice,
  LayerNorm2d: layerNorm,
  LayerScale: layerScale,
  DropPath: dropPath,
  PaddedAvgPool: paddedAvgPool,
}

/** The definitions of the helpers that a text calls. */
export const helpersFor = (text: string): readonly string[] =>
  Object.entries(helpers).flatMap(([name, source]) =>
    new RegExp(`(?<![.\\w])${name}\\(`).test(text) ? [source.trim()] : [],
  )
