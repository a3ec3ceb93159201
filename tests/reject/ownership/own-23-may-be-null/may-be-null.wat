;; alloc without a test
;; expect: OWN_MAYBE_NULL func=2 offset=0x5d
;; monitor: MON_NULL
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (memory 1)
  (func $main (export "main")  
  (call $set (call $alloc (i32.const 4)) (i32.const 1)))
)
