"""Makes the Keras models of this folder, and what Keras answers to the images of `images`.

python make.py     # needs keras 3, tf_keras and tensorflowjs
"""
import json
import os
import shutil
import sys
import types
import zipfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL='3', CUDA_VISIBLE_DEVICES='-1', TF_USE_LEGACY_KERAS='1')

import keras
import numpy as np
import tf_keras

here = os.path.dirname(os.path.abspath(__file__))
side, count = 8, 3


def images():
    """Pixels from 0 to 255, the same in `fixtures.ts`."""
    return (np.arange(count * side * side * 3) * 37 % 256).astype('float32').reshape(count, side, side, 3)


def nested(k):
    """Models inside a model, each with layers named by Keras, and all that an import leaves out or folds."""
    layers = k.layers
    pixels = layers.Input((side, side, 3), name='pixels')
    encoder = k.Sequential(
        [layers.Conv2D(3, 3, use_bias=False, name='c'), layers.BatchNormalization(name='b'), layers.Conv2D(3, 1)],
        name='encoder',
    )
    inner = layers.Input((6, 6, 3))
    first = layers.Conv2D(2, 3, padding='same', activation='relu')(inner)
    block = k.Model(inner, layers.Conv2D(2, 3, padding='same')(first), name='block')
    x = layers.RandomFlip(name='flip')(pixels)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = block(encoder(x))
    x = layers.GaussianNoise(0.1)(x)
    x = layers.SeparableConv2D(4, 3)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return k.Model(pixels, layers.Dense(3, activation='softmax')(x), name='nested')


def blocks(k):
    """The blocks of today's nets at a small width."""
    layers = k.layers
    is_three = k is keras

    def hard_sigmoid(x):
        return layers.ReLU(6.0)(x + 3.0) * (1 / 6)

    def conv(x, filters, size, **options):
        x = layers.Conv2D(filters, size, use_bias=False, **options)(x)
        return layers.BatchNormalization()(x)

    def squeeze_large(x):
        """MobileNetV3: maps of 1x1."""
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
        squeezed = layers.Conv2D(2, 1, activation='relu')(squeezed)
        return layers.Multiply()([x, hard_sigmoid(layers.Conv2D(4, 1)(squeezed))])

    def squeeze(x):
        """EfficientNet: a vector, reshaped."""
        squeezed = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
        squeezed = layers.Conv2D(2, 1, activation='swish')(squeezed)
        return layers.Multiply()([x, layers.Conv2D(4, 1, activation='sigmoid')(squeezed)])

    def inverted(x):
        y = layers.DepthwiseConv2D(3, padding='same')(conv(x, 4, 1))
        y = squeeze(layers.ReLU(6.0)(y))
        y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(conv(y, 4, 1))
        return layers.Add()([y, x])

    def convnext(x):
        y = layers.LayerNormalization(epsilon=1e-6)(layers.Conv2D(4, 3, groups=4, padding='same')(x))
        y = layers.Dense(4)(layers.Dense(6, activation='gelu')(y))
        return layers.Add()([x, y, layers.LeakyReLU(0.2)(x)])

    pixels = layers.Input((side, side, 3), name='pixels')
    x = layers.Rescaling(1 / 64, offset=-1.5)(pixels)
    x = layers.Normalization(mean=[0.1, -0.2, 0.3], variance=[1.2, 0.8, 1.5])(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Activation('hard_silu' if is_three else 'elu')(conv(x, 4, 3, strides=2))
    x = convnext(inverted(squeeze_large(x)))
    pooled = layers.MaxPooling2D((3, 2), strides=(1, 2))(layers.ZeroPadding2D(1)(x))
    averaged = layers.AveragePooling2D(3, strides=(1, 2), padding='same')(x)
    rows = layers.Conv2D(3, (1, 3), strides=(1, 2), padding='same', activation='tanh')(x)
    averaged = layers.ZeroPadding2D(((0, 0), (1, 0)))(averaged)
    rows = layers.ZeroPadding2D(((0, 0), (0, 1)))(rows)
    x = layers.Concatenate()([pooled, averaged, rows])
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Reshape((3,))(layers.Conv2D(3, 1)(x))
    return k.Model(pixels, layers.Activation('softmax')(x), name='blocks')


def negative(k):
    """A normaliser that no positive deviation can say."""
    layers = k.layers
    pixels = layers.Input((side, side, 3), name='pixels')
    x = layers.Rescaling(-1 / 255, offset=1)(pixels)
    x = layers.GlobalMaxPooling2D()(layers.Conv2D(2, 3, padding='same', strides=2)(x))
    return k.Model(pixels, layers.Dense(3, activation='softmax')(x), name='negative')


def channelwise(k):
    """A layer whose kernel Keras 3 names otherwise than Keras 2."""
    layers = k.layers
    pixels = layers.Input((side, side, 3), name='pixels')
    x = layers.GlobalAveragePooling2D()(layers.DepthwiseConv2D(3)(pixels))
    return k.Model(pixels, layers.Dense(3, activation='softmax')(x), name='channelwise')


def stir(model):
    """Gives every weight values of its own, variances positive ones."""
    draw = np.random.default_rng(1)

    def fill(weight):
        name = getattr(weight, 'path', weight.name)
        low, high = (0.5, 1.5) if 'variance' in name else (-0.5, 0.5)
        return draw.uniform(low, high, weight.shape).astype('float32')

    for layer in model._flatten_layers(include_self=False) if hasattr(model, '_flatten_layers') else model.layers:
        if not getattr(layer, 'layers', None) and 'random' not in type(layer).__name__.lower():
            own = [each for each in layer.weights if 'seed' not in each.name]
            for weight in own:
                weight.assign(fill(weight))
    return model


def train(model):
    """One step, so that files hold the state of an optimizer."""
    model.compile(optimizer='sgd', loss='categorical_crossentropy')
    model.fit(images(), np.eye(3)[[0, 1, 2]], verbose=0)
    return model


def pack(file):
    """Deflates the entries of an archive: HDF5 of small arrays is zeros for the most part."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


answers = {}


def note(name, model):
    answers[name] = model.predict(images(), verbose=0).tolist()


def at(name):
    return os.path.join(here, name)


three = train(stir(nested(keras)))
three.save(at('nested-3.keras'))
three.save(at('nested-3.h5'))
note('nested-3', three)
two = train(stir(nested(tf_keras)))
two.save(at('nested-2.keras'))
pack(at('nested-2.keras'))
two.save(at('nested-2.h5'))
note('nested-2', two)

for name, made in {'blocks-3': blocks(keras), 'blocks-2': blocks(tf_keras), 'negative': negative(keras)}.items():
    model = stir(made)
    model.save(at(f'{name}.keras'))
    pack(at(f'{name}.keras'))
    note(name, model)

model = stir(channelwise(keras))
model.save(at('channelwise.h5'))
note('channelwise', model)

sys.modules['tensorflow_decision_forests'] = types.ModuleType('tensorflow_decision_forests')
import tensorflowjs
from tensorflowjs.converters import converter

for name, kinds in {'float32': None, 'float16': {'float16': '*'}, 'uint8': {'uint8': '*'}, 'uint16': {'uint16': '*'}}.items():
    folder = at(f'nested-2-{name}')
    shutil.rmtree(folder, ignore_errors=True)
    tensorflowjs.converters.save_keras_model(two, folder, quantization_dtype_map=kinds)
shutil.rmtree(at('nested-3-tfjs'), ignore_errors=True)
os.makedirs(at('tmp'))
shutil.copy(at('nested-3.keras'), at('tmp/nested-3.keras'))
converter.dispatch_keras_keras_to_tfjs_layers_model_conversion(at('tmp/nested-3.keras'), at('nested-3-tfjs'))
shutil.rmtree(at('tmp'))

with open(at('answers.json'), 'w') as file:
    json.dump(answers, file)
