;; An exported table may hold functions without references, and other functions may have them
;; expect: OK
;; contract: block Frame { seq: u64; pixels: u8[]; }
;; contract: contract Camera {
;; contract:   in message Open(u32 width, u32 height);
;; contract:   in message Close();
;; contract:   out message Picture(i64 time, Frame frame);
;; contract:   state Start: Open? -> Opening;
;; contract:   state Opening: Picture! -> Ready;
;; contract:   state Ready: one { Close? -> end; Open? -> Opening; }
;; contract: }
(module
  (import "singula/Frame" "free" (func $free (param externref)))
  (table $open (export "t") 2 funcref)
  (table $own 2 funcref)
  (elem (table $open) (i32.const 0) func $plain)
  (elem (table $own) (i32.const 0) func $give)
  (func $plain (export "plain"))
  (func $give (param externref)
    local.get 0
    call $free)
  (func $put
    i32.const 1
    ref.func $give
    table.set $own))
