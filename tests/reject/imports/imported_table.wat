;; The same in an imported table
;; expect: STR_EXPORTED_REFERENCE func=1 offset=0x38
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
  (import "singula/Frame" "free" (func (param externref)))
  (import "env" "t" (table 1 funcref))
  (elem (i32.const 0) func $give)
  (func $give (param externref)
    local.get 0
    call 0))
