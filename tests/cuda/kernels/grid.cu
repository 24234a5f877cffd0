// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/device/cuda_device.hpp"
#include "common/device/grid_barrier.hpp"

// All blocks of a cooperative launch: in each round every thread adds its neighbour block's word of the round before to
// its own, two buffers in turn. `fault` makes one block write where no memory is.
struct Parameters {
  unsigned* counter;  // 0 before
  unsigned* words;    // [2, blocks, threads]; the first half given, the result in half rounds % 2
  int rounds;
  int fault;
};

extern "C" __global__ void flashrnn_kernel(const __grid_constant__ Parameters p) {
  using namespace flashrnn;
  cuda::CudaDevice dev;
  device::GridBarrier<cuda::CudaDevice> barrier(p.counter);
  const int row = dev.thread_count();
  const int size = dev.block_count() * row;
  const int from = (dev.block() + 1) % dev.block_count() * row + dev.thread();
  const int at = dev.block() * row + dev.thread();
  if (p.fault != 0 && at == 0) dev.store(static_cast<unsigned*>(nullptr) + 16, 1U);
  for (int t = 0; t < p.rounds; ++t) {
    const int in = t % 2 * size;
    const int out = (t + 1) % 2 * size;
    dev.store(p.words + (out + at), dev.load(p.words + (in + from)) + dev.load(p.words + (in + at)));
    barrier.sync(dev);
  }
}
