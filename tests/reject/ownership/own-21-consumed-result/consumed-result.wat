;; A helper returns what it has freed
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x71
;; monitor: MON_DEAD
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
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (memory 1)
  (func $main (export "main")  
  (drop (call $get (call $mk))))
  (func $mk (result externref) (local externref) (local.set 0 (call $new (i32.const 0))) (call $free (local.get 0)) (local.get 0))
)
