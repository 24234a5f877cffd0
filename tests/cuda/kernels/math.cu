// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/device/cuda_device.hpp"
#include "common/cell/math.hpp"

// One function for every element of x; `which` counts as the table of device_math_test.cpp does.
namespace flashrnn::cuda {

using cell::CoarseMath;
using cell::ExactMath;
using cell::FastMath;

template <class T>
FLASHRNN_DEVICE_FN float low_of_pair(CudaDevice& dev, float x) {
  return dev.to_float(T{static_cast<Uint16>(dev.pack_pair<T>(x, 1.0F))});
}
template <class T>
FLASHRNN_DEVICE_FN float high_of_pair(CudaDevice& dev, float x) {
  return dev.to_float(T{static_cast<Uint16>(dev.pack_pair<T>(1.0F, x) >> 16)});
}

FLASHRNN_DEVICE_FN float apply(CudaDevice& dev, int which, float x) {
  switch (which) {
    case 0:
      return ExactMath::exp(x);
    case 1:
      return ExactMath::sigmoid(x);
    case 2:
      return ExactMath::tanh(x);
    case 3:
      return ExactMath::log_sigmoid(x);
    case 4:
      return FastMath::exp(x);
    case 5:
      return FastMath::sigmoid(x);
    case 6:
      return FastMath::tanh(x);
    case 7:
      return FastMath::log_sigmoid(x);
    case 8:
      return CoarseMath::sigmoid(x);
    case 9:
      return CoarseMath::tanh(x);
    case 10:
      return dev.exp2(x);
    case 11:
      return dev.log2(x);
    case 12:
      return dev.reciprocal(x);
    case 13:
      return dev.tanh(x);
    case 14:
      return ExactMath::relu(x);
    case 15:
      return ExactMath::max(x, 1.0F);
    case 16:
      return ExactMath::max(1.0F, x);
    case 17:
      return dev.to_float(dev.from_float<Bf16>(x));
    case 18:
      return dev.to_float(dev.from_float<Fp16>(x));
    case 19:
      return dev.to_float(dev.from_float<Tf32>(x));
    case 20:
      return low_of_pair<Bf16>(dev, x);
    case 21:
      return high_of_pair<Bf16>(dev, x);
    case 22:
      return low_of_pair<Fp16>(dev, x);
    default:
      return high_of_pair<Fp16>(dev, x);
  }
}

}  // namespace flashrnn::cuda

struct Parameters {
  const float* x;
  float* y;
  int count;
  int which;
};

extern "C" __global__ void flashrnn_kernel(const __grid_constant__ Parameters p) {
  flashrnn::cuda::CudaDevice dev;
  const int stride = dev.block_count() * dev.thread_count();
  for (int i = dev.block() * dev.thread_count() + dev.thread(); i < p.count; i += stride) {
    dev.store(p.y + i, flashrnn::cuda::apply(dev, p.which, dev.load(p.x + i)));
  }
}
