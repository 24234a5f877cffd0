// SPDX-License-Identifier: Apache-2.0
// Measures figures of hw_db/devices/nvidia that no document states. Build and run on the device:
//   nvcc -O3 -std=c++17 -arch=native nvidia_probe.cu -o nvidia_probe && ./nvidia_probe
// Prints one JSON object; rates are per multiprocessor and clock, times medians.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "nvidia_probe: %s\n", cudaGetErrorString(status));
  std::exit(1);
}

__global__ void barriers(long long* clocks, int rounds) {
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) __syncthreads();
  if (threadIdx.x == 0) *clocks = clock64() - start;
}

__global__ void nothing() {}

/// Eight independent accumulators a warp: enough to hide one instruction's latency with four warps or more.
struct MmaBf16 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 16;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};
struct MmaF16 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 16;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};
struct MmaTf32 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 8;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

template <class Mma>
__global__ void products(long long* clocks, float* out, int rounds) {
  float c[8][4] = {};
  const std::uint32_t a[4] = {threadIdx.x, threadIdx.x + 1, threadIdx.x + 2, threadIdx.x + 3};
  const std::uint32_t b[2] = {threadIdx.x + 4, threadIdx.x + 5};
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i)
    for (int j = 0; j < 8; ++j) Mma::run(c[j], a, b);
  __syncthreads();
  if (threadIdx.x == 0) clocks[blockIdx.x] = clock64() - start;
  float sum = 0;
  for (int j = 0; j < 8; ++j)
    for (float x : c[j]) sum += x;
  if (sum == 1.2345F) *out = sum;
}

/// One warp, one accumulator: the latency of a dependent product.
template <class Mma>
__global__ void chain(long long* clocks, float* out, int rounds) {
  float c[4] = {};
  const std::uint32_t a[4] = {threadIdx.x, threadIdx.x + 1, threadIdx.x + 2, threadIdx.x + 3};
  const std::uint32_t b[2] = {threadIdx.x + 4, threadIdx.x + 5};
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) Mma::run(c, a, b);
  if (threadIdx.x == 0) *clocks = clock64() - start;
  if (c[0] == 1.2345F) *out = c[0];
}

enum class Special { kExp2, kTanh };
template <Special kWhich>
__global__ void specials(long long* clocks, float* out, int rounds) {
  float x[8];
  for (int j = 0; j < 8; ++j) x[j] = 0.001F * static_cast<float>(threadIdx.x + j);
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) {
    for (float& v : x) {
      if constexpr (kWhich == Special::kExp2) asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(v));
      if constexpr (kWhich == Special::kTanh) asm volatile("tanh.approx.f32 %0, %0;" : "+f"(v));
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) clocks[blockIdx.x] = clock64() - start;
  float sum = 0;
  for (float v : x) sum += v;
  if (sum == 1.2345F) *out = sum;
}

/// One thread follows a ring of indices: the latency of a load from shared memory.
__global__ void chase_shared(long long* clocks, float* out, int rounds) {
  __shared__ unsigned next[1024];
  for (unsigned i = threadIdx.x; i < 1024; i += blockDim.x) next[i] = (i + 33) % 1024;
  __syncthreads();
  unsigned at = 0;
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) at = next[at];
  if (threadIdx.x == 0) *clocks = clock64() - start;
  if (at == 12345) *out = 1;
}

/// The same through the second-level cache: ld.global.cg passes the first level by.
__global__ void chase_l2(long long* clocks, float* out, const unsigned* next, int rounds) {
  unsigned at = 0;
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) at = __ldcg(next + at);
  *clocks = clock64() - start;
  if (at == 12345) *out = 1;
}

__global__ void chain_tanh(long long* clocks, float* out, int rounds) {
  float x = 0.5F + 0.001F * static_cast<float>(threadIdx.x);
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) asm volatile("tanh.approx.f32 %0, %0;" : "+f"(x));
  if (threadIdx.x == 0) *clocks = clock64() - start;
  if (x == 1.2345F) *out = x;
}

/// One thread asks for small bulk copies and waits for all of them.
__global__ void bulk_copies(long long* clocks, const float* from, int copies) {
#if __CUDA_ARCH__ >= 900
  __shared__ alignas(128) char to[64 * 128];
  __shared__ alignas(8) unsigned long long barrier;
  const auto bar = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  const auto base = static_cast<unsigned>(__cvta_generic_to_shared(to));
  asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(bar) : "memory");
  for (unsigned phase = 0; phase < 4; ++phase) {
    const long long start = clock64();
    asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(bar), "r"(copies * 128) : "memory");
    for (int i = 0; i < copies; ++i) {
      asm volatile(
          "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 128, [%2];" ::"r"(base + 128 * i),
          "l"(from + 4096 * i), "r"(bar)
          : "memory");
    }
    unsigned done = 0;
    while (done == 0) {
      asm volatile(
          "{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
          : "=r"(done)
          : "r"(bar), "r"(phase & 1)
          : "memory");
    }
    *clocks = clock64() - start;
  }
#else
  *clocks = 0;
#endif
}

__global__ void global_reads(const float4* from, std::size_t count, float* out, int rounds) {
  float s = 0;
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (int i = 0; i < rounds; ++i) {
    for (std::size_t k = blockIdx.x * blockDim.x + threadIdx.x; k < count; k += 4 * step) {
      float4 v[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) v[j] = k + j * step < count ? __ldcg(from + k + j * step) : float4{};
#pragma unroll
      for (int j = 0; j < 4; ++j) s += v[j].x + v[j].w;
    }
  }
  if (s == 1.2345F) *out = s;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Probe {
 public:
  Probe() {
    check(cudaGetDeviceProperties(&properties_, 0));
    check(cudaMallocManaged(&clocks_, 4096 * sizeof(long long)));
    check(cudaMalloc(&out_, 64));
    int khz = 0;
    check(cudaDeviceGetAttribute(&khz, cudaDevAttrClockRate, 0));
    ghz_ = khz * 1e-6;
  }

  /// Clocks that `launch` reports, the median over blocks and repeats.
  template <class Launch>
  double clocks(int blocks, Launch launch) {
    std::vector<double> all;
    for (int repeat = 0; repeat < 7; ++repeat) {
      launch();
      check(cudaGetLastError());
      check(cudaDeviceSynchronize());
      if (repeat < 2) continue;
      for (int b = 0; b < blocks; ++b) all.push_back(static_cast<double>(clocks_[b]));
    }
    return median(all);
  }

  template <class Mma>
  double product_rate() {
    double best = 0;
    for (const int warps : {4, 8, 16}) {
      const int rounds = 512;
      const int blocks = properties_.multiProcessorCount;
      const double taken = clocks(blocks, [&] { products<Mma><<<blocks, warps * 32>>>(clocks_, out_, rounds); });
      best = std::max(best, Mma::kFlops * 8 * rounds * warps / taken);
    }
    return best;
  }

  template <Special kWhich>
  double special_rate() {
    const int rounds = 256;
    const int blocks = properties_.multiProcessorCount;
    return 8.0 * rounds * 1024 / clocks(blocks, [&] { specials<kWhich><<<blocks, 1024>>>(clocks_, out_, rounds); });
  }

  /// Microseconds a launch, of many that follow one another.
  double launch_us(bool graph) {
    cudaStream_t stream;
    check(cudaStreamCreate(&stream));
    cudaGraphExec_t run = nullptr;
    constexpr int kLaunches = 1000;
    if (graph) {
      cudaGraph_t recorded;
      check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
      for (int i = 0; i < kLaunches; ++i) nothing<<<1, 32, 0, stream>>>();
      check(cudaStreamEndCapture(stream, &recorded));
      check(cudaGraphInstantiate(&run, recorded, 0));
    }
    cudaEvent_t start, end;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    std::vector<double> all;
    for (int repeat = 0; repeat < 9; ++repeat) {
      check(cudaEventRecord(start, stream));
      if (graph) {
        check(cudaGraphLaunch(run, stream));
      } else {
        for (int i = 0; i < kLaunches; ++i) nothing<<<1, 32, 0, stream>>>();
      }
      check(cudaEventRecord(end, stream));
      check(cudaEventSynchronize(end));
      float ms = 0;
      check(cudaEventElapsedTime(&ms, start, end));
      if (repeat >= 2) all.push_back(1e3 * ms / kLaunches);
    }
    return median(all);
  }

  double read_gb_per_s(std::size_t bytes) {
    float4* memory = nullptr;
    check(cudaMalloc(&memory, bytes));
    check(cudaMemset(memory, 0, bytes));
    cudaEvent_t start, end;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    const int rounds = std::max<int>(1, static_cast<int>((std::size_t{4} << 30) / bytes));
    std::vector<double> all;
    for (int repeat = 0; repeat < 7; ++repeat) {
      check(cudaEventRecord(start));
      global_reads<<<properties_.multiProcessorCount * 2, 1024>>>(memory, bytes / 16, out_, rounds);
      check(cudaEventRecord(end));
      check(cudaEventSynchronize(end));
      float ms = 0;
      check(cudaEventElapsedTime(&ms, start, end));
      if (repeat >= 2) all.push_back(static_cast<double>(bytes) * rounds / (1e6 * ms));
    }
    check(cudaFree(memory));
    return median(all);
  }

  /// What a step of a recurrence waits for, one after the other.
  void latencies() {
    std::printf(" \"shared_latency_clocks\": %.1f, ",
                clocks(1, [&] { chase_shared<<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    std::printf("\"tanh_latency_clocks\": %.1f, ",
                clocks(1, [&] { chain_tanh<<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    constexpr unsigned kRing = 1U << 18;
    std::vector<unsigned> ring(kRing);
    for (unsigned i = 0; i < kRing; ++i) ring[i] = (i + 32 * 1031) % kRing;
    unsigned* next = nullptr;
    check(cudaMalloc(&next, kRing * sizeof(unsigned)));
    check(cudaMemcpy(next, ring.data(), kRing * sizeof(unsigned), cudaMemcpyHostToDevice));
    std::printf("\"l2_latency_clocks\": %.1f,\n",
                clocks(1, [&] { chase_l2<<<1, 1>>>(clocks_, out_, next, 1 << 14); }) / (1 << 14));
    const float* from = reinterpret_cast<const float*>(next);
    const double few = clocks(1, [&] { bulk_copies<<<1, 1>>>(clocks_, from, 8); });
    const double many = clocks(1, [&] { bulk_copies<<<1, 1>>>(clocks_, from, 64); });
    std::printf(" \"bulk_copy_ns\": %.1f,\n", (many - few) / 56 / ghz_);
  }

  void run() {
    std::printf("{\"device\": \"%s\", \"clock_mhz\": %.0f, \"compute_units\": %d, \"l2_bytes\": %d,\n",
                properties_.name, 1e3 * ghz_, properties_.multiProcessorCount, properties_.l2CacheSize);
    std::printf(" \"shared_bytes_per_block_max\": %zu, \"shared_bytes_per_compute_unit\": %zu, \"reserved\": %zu,\n",
                properties_.sharedMemPerBlockOptin, properties_.sharedMemPerMultiprocessor,
                properties_.reservedSharedMemPerBlock);
    for (const int threads : {64, 128, 256, 512, 1024}) {
      const double taken = clocks(1, [&] { barriers<<<1, threads>>>(clocks_, 4096); });
      std::printf(" \"block_barrier_ns_%d_threads\": %.2f,\n", threads, taken / 4096 / ghz_);
    }
    std::printf(" \"mma_bf16_flops_per_clock\": %.0f, \"mma_f16_flops_per_clock\": %.0f, ", product_rate<MmaBf16>(),
                product_rate<MmaF16>());
    std::printf("\"mma_tf32_flops_per_clock\": %.0f,\n", product_rate<MmaTf32>());
    std::printf(" \"mma_bf16_latency_clocks\": %.1f, ",
                clocks(1, [&] { chain<MmaBf16><<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    std::printf("\"mma_tf32_latency_clocks\": %.1f,\n",
                clocks(1, [&] { chain<MmaTf32><<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    std::printf(" \"exp2_per_clock\": %.2f, \"tanh_per_clock\": %.2f,\n", special_rate<Special::kExp2>(),
                special_rate<Special::kTanh>());
    std::printf(" \"launch_us\": %.2f, \"graph_node_us\": %.2f,\n", launch_us(false), launch_us(true));
    latencies();
    std::printf(" \"l2_gb_per_s\": %.0f, ", read_gb_per_s(std::size_t{16} << 20));
    std::printf("\"memory_gb_per_s\": %.0f}\n", read_gb_per_s(std::size_t{1} << 30));
  }

 private:
  cudaDeviceProp properties_;
  long long* clocks_ = nullptr;
  float* out_ = nullptr;
  double ghz_ = 0;
};

}  // namespace

int main() { Probe().run(); }
