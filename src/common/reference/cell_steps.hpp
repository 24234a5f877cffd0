// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/reference/math.hpp"
#include "common/reference/reference.hpp"

/// One step of one unit, forward and backward, for each cell. P is the rounding policy; with Exact these are the
/// equations as they stand.
namespace flashrnn::reference {

/// What a unit sees at a step.
struct Element {
  double wx[4];     ///< Wx per input gate
  double rh[4];     ///< the recurrent product per recurrent gate
  double b[4];      ///< bias
  double state[4];  ///< states that enter the step
};

struct ElementGradient {
  double wx[4];
  double rh[4];
  double b[4];
  double state[4];  ///< without what flows through the recurrent product
};

template <class P>
double pre_activation(const Element& e, int gate) {
  return P::round(P::round(e.wx[gate] + e.rh[gate]) + e.b[gate]);
}

/// For gates whose pre-activation is Wx + R h + b: all three take the same gradient.
inline void set_gate_gradient(ElementGradient& d, int gate, double value) {
  d.wx[gate] = d.rh[gate] = d.b[gate] = value;
}

/// i, f, z, o; c = f c + i z; h = o tanh(c).
template <class P>
struct LstmStep {
  static constexpr bool kResetBefore = false;

  struct Values {
    double i, f, z, o, c, tanh_c;
  };
  static Values values(Math math, const Element& e) {
    Values v{};
    v.i = P::round(math.sigmoid(pre_activation<P>(e, 0)));
    v.f = P::round(math.sigmoid(pre_activation<P>(e, 1)));
    v.z = P::round(math.tanh(pre_activation<P>(e, 2)));
    v.o = P::round(math.sigmoid(pre_activation<P>(e, 3)));
    v.c = P::round(P::round(v.f * e.state[1]) + P::round(v.i * v.z));
    v.tanh_c = P::round(math.tanh(v.c));
    return v;
  }
  static void forward(Math math, const Element& e, double* next) {
    const Values v = values(math, e);
    next[0] = P::round(v.o * v.tanh_c);
    next[1] = v.c;
  }
  static void backward(Math math, const Element& e, const double* dnext, ElementGradient& d) {
    const Values v = values(math, e);
    const double dtanh_c = P::round(dnext[0] * v.o);
    const double dc = P::round(dnext[1] + P::round(math.tanh_gradient(dtanh_c, v.tanh_c)));
    set_gate_gradient(d, 0, P::round(math.sigmoid_gradient(P::round(dc * v.z), v.i)));
    set_gate_gradient(d, 1, P::round(math.sigmoid_gradient(P::round(dc * e.state[1]), v.f)));
    set_gate_gradient(d, 2, P::round(math.tanh_gradient(P::round(dc * v.i), v.z)));
    set_gate_gradient(d, 3, P::round(math.sigmoid_gradient(P::round(dnext[0] * v.tanh_c), v.o)));
    d.state[0] = 0.0;
    d.state[1] = P::round(dc * v.f);
  }
};

/// h = z h + (1 - z) n, and its gradients, for both forms of the GRU.
template <class P>
double gru_mix(double z, double h, double n) {
  return P::round(P::round(z * h) + P::round(P::round(1.0 - z) * n));
}
template <class P>
double gru_mix_gradient_z(double dh, double h, double n) {
  return P::round(P::round(dh * h) - P::round(dh * n));
}

/// r, z; n = tanh(Wx_n + b_n + r (R_n h + b_hn)); h = z h + (1 - z) n.
template <class P>
struct GruStep {
  static constexpr bool kResetBefore = false;

  struct Values {
    double r, z, hn, n;
  };
  static Values values(Math math, const Element& e) {
    Values v{};
    v.r = P::round(math.sigmoid(pre_activation<P>(e, 0)));
    v.z = P::round(math.sigmoid(pre_activation<P>(e, 1)));
    v.hn = P::round(e.rh[2] + e.b[3]);
    v.n = P::round(math.tanh(P::round(P::round(e.wx[2] + e.b[2]) + P::round(v.r * v.hn))));
    return v;
  }
  static void forward(Math math, const Element& e, double* next) {
    const Values v = values(math, e);
    next[0] = gru_mix<P>(v.z, e.state[0], v.n);
  }
  static void backward(Math math, const Element& e, const double* dnext, ElementGradient& d) {
    const Values v = values(math, e);
    const double dh = dnext[0];
    const double dn = P::round(math.tanh_gradient(P::round(dh * P::round(1.0 - v.z)), v.n));
    set_gate_gradient(d, 0, P::round(math.sigmoid_gradient(P::round(dn * v.hn), v.r)));
    set_gate_gradient(d, 1, P::round(math.sigmoid_gradient(gru_mix_gradient_z<P>(dh, e.state[0], v.n), v.z)));
    d.wx[2] = d.b[2] = dn;
    d.rh[2] = d.b[3] = P::round(dn * v.r);
    d.state[0] = P::round(dh * v.z);
  }
};

/// r, z; n = tanh(Wx_n + R_n (r h) + b_n); h = z h + (1 - z) n. The product R_n (r h) is e.rh[2]; what flows back
/// through it into r is left to the caller, which finishes gate 0 with `reset_gradient`.
template <class P>
struct GruResetBeforeStep {
  static constexpr bool kResetBefore = true;

  static double reset_gate(Math math, const Element& e) { return P::round(math.sigmoid(pre_activation<P>(e, 0))); }
  /// The gradient of r's pre-activation, from the gradient of r * h.
  static double reset_gradient(Math math, const Element& e, double dproduct) {
    return P::round(math.sigmoid_gradient(P::round(dproduct * e.state[0]), reset_gate(math, e)));
  }
  static void forward(Math math, const Element& e, double* next) {
    const double z = P::round(math.sigmoid(pre_activation<P>(e, 1)));
    next[0] = gru_mix<P>(z, e.state[0], P::round(math.tanh(pre_activation<P>(e, 2))));
  }
  static void backward(Math math, const Element& e, const double* dnext, ElementGradient& d) {
    const double z = P::round(math.sigmoid(pre_activation<P>(e, 1)));
    const double n = P::round(math.tanh(pre_activation<P>(e, 2)));
    const double dh = dnext[0];
    set_gate_gradient(d, 1, P::round(math.sigmoid_gradient(gru_mix_gradient_z<P>(dh, e.state[0], n), z)));
    set_gate_gradient(d, 2, P::round(math.tanh_gradient(P::round(dh * P::round(1.0 - z)), n)));
    d.state[0] = P::round(dh * z);
  }
};

/// h = tanh(g), or max(g, 0).
template <class P, bool kRelu>
struct ElmanStep {
  static constexpr bool kResetBefore = false;

  static void forward(Math math, const Element& e, double* next) {
    const double g = pre_activation<P>(e, 0);
    next[0] = kRelu ? relu(g) : P::round(math.tanh(g));
  }
  static void backward(Math math, const Element& e, const double* dnext, ElementGradient& d) {
    const double g = pre_activation<P>(e, 0);
    set_gate_gradient(
        d, 0, kRelu ? relu_gradient(dnext[0], g) : P::round(math.tanh_gradient(dnext[0], P::round(math.tanh(g)))));
    d.state[0] = 0.0;
  }
};

/// l = logsigmoid(f) + m; m' = i where n = 0, else max(i, l); i' = exp(i - m'), f' = exp(l - m');
/// c = f' c + i' tanh(z); n = max(f' n + i', 1); h = sigmoid(o) c / n. The backward holds m' constant; the gradient
/// into the entering m is that of l. Where n = 0 the maximum is a tie (0 + exp(0) and 1): the gradient into that n is a
/// half, as automatic differentiation has it, while i' takes the whole, which keeps the gradient of h exact.
template <class P>
struct SlstmStep {
  static constexpr bool kResetBefore = false;

  struct Values {
    double f_raw, i, f, z, o, c, n_raw, n, m, ratio;
  };
  static Values values(Math math, const Element& e) {
    Values v{};
    const double i_raw = pre_activation<P>(e, 0);
    v.f_raw = pre_activation<P>(e, 1);
    v.z = P::round(math.tanh(pre_activation<P>(e, 2)));
    v.o = P::round(math.sigmoid(pre_activation<P>(e, 3)));
    const double l = P::round(P::round(math.log_sigmoid(v.f_raw)) + e.state[3]);
    v.m = e.state[2] == 0.0 ? i_raw : maximum(i_raw, l);
    v.i = P::round(math.exp(P::round(i_raw - v.m)));
    v.f = P::round(math.exp(P::round(l - v.m)));
    v.c = P::round(P::round(v.f * e.state[1]) + P::round(v.i * v.z));
    v.n_raw = P::round(P::round(v.f * e.state[2]) + v.i);
    v.n = maximum(v.n_raw, 1.0);
    v.ratio = P::round(v.c / v.n);
    return v;
  }
  static void forward(Math math, const Element& e, double* next) {
    const Values v = values(math, e);
    next[0] = P::round(v.o * v.ratio);
    next[1] = v.c;
    next[2] = v.n;
    next[3] = v.m;
  }
  static void backward(Math math, const Element& e, const double* dnext, ElementGradient& d) {
    const Values v = values(math, e);
    const double dratio = P::round(dnext[0] * v.o);
    const double dc = P::round(dnext[1] + P::round(dratio / v.n));
    const double dn = P::round(dnext[2] - P::round(P::round(dratio * v.ratio) / v.n));
    const double dn_raw = v.n_raw < 1.0 ? 0.0 : dn;
    const double di = P::round(P::round(dc * v.z) + dn_raw);
    const double df = P::round(P::round(dc * e.state[1]) + P::round(dn_raw * e.state[2]));
    const double dl = P::round(math.exp_gradient(df, v.f));
    set_gate_gradient(d, 0, P::round(math.exp_gradient(di, v.i)));
    set_gate_gradient(d, 1, P::round(math.log_sigmoid_gradient(dl, v.f_raw)));
    set_gate_gradient(d, 2, P::round(math.tanh_gradient(P::round(dc * v.i), v.z)));
    set_gate_gradient(d, 3, P::round(math.sigmoid_gradient(P::round(dnext[0] * v.ratio), v.o)));
    d.state[0] = 0.0;
    d.state[1] = P::round(dc * v.f);
    d.state[2] = P::round(P::round(dn_raw * v.f) * (e.state[2] == 0.0 ? 0.5 : 1.0));
    d.state[3] = dl;
  }
};

}  // namespace flashrnn::reference
