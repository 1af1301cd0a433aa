/** The activations that a kernel applies: none, max(0, x), or min(6, max(0, x)). */
#pragma once

enum class Clamp { none, relu, relu6 };
